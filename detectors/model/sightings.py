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
    """A country; prints as its code. Without a code it prints as nothing."""

    code: str = ""
    name: str = ""

    def __str__(self) -> str:
        return self.code

    def __bool__(self) -> bool:
        return bool(self.code)


class SeenParty(msgspec.Struct, frozen=True, omit_defaults=True):
    """A party of an event; prints as its official's name, else its name, else that of its country.

    What is not known is empty, so that it prints as nothing.
    """

    country: str = ""
    name: str = ""
    official: str = ""
    class_: str = msgspec.field(name="class", default="")
    organisation: str = ""

    def __str__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return self != NOBODY

    def __getitem__(self, key: str) -> str:
        if key == "class":  # a Python keyword, but templates may use it
            return self.class_
        raise KeyError(key)

    @property
    def group(self) -> str:
        """The party as a value of groups: its country, else its name."""
        return self.country or self.name


NOBODY = SeenParty()


class SeenEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event; prints as its type. Of ``actors`` and ``targets``, those that met a condition come first."""

    type: str
    status: str
    actors: tuple[SeenParty, ...] = ()
    targets: tuple[SeenParty, ...] = ()
    place: SeenCountry = SeenCountry()
    sentence: str = ""

    def __str__(self) -> str:
        return self.type

    @property
    def actor(self) -> SeenParty:
        """The first actor."""
        return self.actors[0] if self.actors else NOBODY

    @property
    def target(self) -> SeenParty:
        """The first target."""
        return self.targets[0] if self.targets else NOBODY


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen, by field."""

    officials: tuple[SeenOfficial, ...] = ()
    countries: tuple[SeenCountry, ...] = ()
    themes: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    events: tuple[SeenEvent, ...] = ()


def united(all_seen: Iterable[Seen]) -> Seen:
    """Merge what was seen in several articles: each value once, in the given order."""
    officials: dict[str, SeenOfficial] = {}
    countries: dict[str, SeenCountry] = {}
    themes: dict[str, None] = {}
    organisations: dict[str, None] = {}
    terms: dict[str, None] = {}
    events: dict[SeenEvent, SeenEvent] = {}
    for one in all_seen:
        for person in one.officials:
            officials.setdefault(person.id, person)
        for country in one.countries:
            countries.setdefault(country.code, country)
        themes.update(dict.fromkeys(one.themes))
        organisations.update(dict.fromkeys(one.organisations))
        terms.update(dict.fromkeys(one.terms))
        for event in one.events:  # the same event in other words is one
            events.setdefault(msgspec.structs.replace(event, sentence=""), event)
    return Seen(
        tuple(officials.values()),
        tuple(countries.values()),
        tuple(themes),
        tuple(organisations),
        tuple(terms),
        tuple(events.values()),
    )
