"""What met a rule's conditions in an article, as templates show it: small, serialisable, in text order."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class SeenOfficial(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person; prints as the name."""

    id: str
    name: str
    role: str | None = None
    class_: str | None = msgspec.field(name="class", default=None)
    country: str | None = None
    organisation: str | None = None
    former: bool = False

    def __str__(self) -> str:
        return self.name

    def __getitem__(self, key: str) -> str | None:
        if key == "class":  # a Python keyword, but templates may use it
            return self.class_
        raise KeyError(key)


class SeenCountry(msgspec.Struct, frozen=True):
    """A country; prints as its code."""

    code: str
    name: str

    def __str__(self) -> str:
        return self.code


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen, by field."""

    officials: tuple[SeenOfficial, ...] = ()
    countries: tuple[SeenCountry, ...] = ()
    themes: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


def united(all_seen: Iterable[Seen]) -> Seen:
    """Merge what was seen in several articles: each value once, in the given order."""
    officials: dict[str, SeenOfficial] = {}
    countries: dict[str, SeenCountry] = {}
    themes: dict[str, None] = {}
    organisations: dict[str, None] = {}
    terms: dict[str, None] = {}
    for one in all_seen:
        for person in one.officials:
            officials.setdefault(person.id, person)
        for country in one.countries:
            countries.setdefault(country.code, country)
        themes.update(dict.fromkeys(one.themes))
        organisations.update(dict.fromkeys(one.organisations))
        terms.update(dict.fromkeys(one.terms))
    return Seen(tuple(officials.values()), tuple(countries.values()), tuple(themes), tuple(organisations), tuple(terms))
