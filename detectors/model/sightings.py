"""What met a rule's conditions in an article, as templates show it: small, serialisable, in text order."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detectors.conditions.bindings import TERM
from detectors.rules.groups import Found

MOST = 32
"""Values of a field that an observation carries for templates."""


class SeenOfficial(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person; printed, the name."""

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
        if key == "class":  # a keyword of Python, which templates may still write
            return self.class_
        raise KeyError(key)


class SeenCountry(msgspec.Struct, frozen=True):
    """A country; printed, its code."""

    code: str
    name: str

    def __str__(self) -> str:
        return self.code


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """The values by field."""

    officials: tuple[SeenOfficial, ...] = ()
    countries: tuple[SeenCountry, ...] = ()
    themes: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


def seen(found: Found) -> Seen:
    """What met the conditions of one article; all values of a field that no condition asks of."""

    def attribute(value: object) -> str | None:
        return str(value[0]) if isinstance(value, tuple) else None

    return Seen(
        officials=tuple(
            SeenOfficial(
                id=str(value.code),
                name=value.name,
                role=attribute(value.attributes["role"]),
                class_=attribute(value.attributes["class"]),
                country=attribute(value.attributes["country"]),
                organisation=attribute(value.attributes["organisation"]),
                former=value.attributes["former"] is True,
            )
            for value in found.values("official")[:MOST]
        ),
        countries=tuple(SeenCountry(str(value.code), value.name) for value in found.values("country")[:MOST]),
        themes=tuple(str(value.code) for value in found.values("theme")[:MOST]),
        organisations=tuple(str(value.code) for value in found.values("organisation")[:MOST]),
        terms=tuple(str(value.code) for value in found.values(TERM)[:MOST]),
    )


def united(all_seen: Iterable[Seen]) -> Seen:
    """What was seen in several articles, each value once, in the order given."""
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
