"""Precision, recall and F1 of events against annotated ones, as sets per article; background events do not count.

``type``; ``type_status``; ``actor``: type with each actor; ``object``: type with each target, and with the place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from streams.evaluation.figures import Error, Figures, SetCount


class GoldParty(msgspec.Struct, frozen=True):
    """An annotated party."""

    country: str | None = None
    name: str | None = None


class GoldEvent(msgspec.Struct, frozen=True):
    """An annotated event."""

    type: str
    status: str
    actors: tuple[GoldParty, ...] = ()
    targets: tuple[GoldParty, ...] = ()
    place: str | None = None
    background: bool = False


class GoldEvents(msgspec.Struct, frozen=True):
    """The annotated events of one article."""

    id: str
    events: tuple[GoldEvent, ...] = ()


class AnyParty(Protocol):
    """A party, annotated or found."""

    @property
    def country(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...


class AnyEvent(Protocol):
    """An event, annotated or found."""

    @property
    def type(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def actors(self) -> Sequence[AnyParty]: ...
    @property
    def targets(self) -> Sequence[AnyParty]: ...
    @property
    def place(self) -> str | None: ...
    @property
    def background(self) -> bool: ...


def party_key(party: AnyParty) -> str | None:
    """What a party is compared by: its country, else its name without case, accents and punctuation."""
    if party.country or not party.name:
        return party.country
    plain = unicodedata.normalize("NFKD", party.name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", " ", plain).strip() or None


class EventFigures(msgspec.Struct, frozen=True):
    """The figures of events; None if there are none to score."""

    type: Figures | None = None
    type_status: Figures | None = None
    actor: Figures | None = None
    object: Figures | None = None

    def each(self) -> dict[str, Figures]:
        """The figures that there are, by name."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: figures for name, figures in found.items() if figures is not None}


class EventScore:
    """Counts over articles."""

    def __init__(self) -> None:
        self._counts = {name: SetCount(f"event {name}") for name in EventFigures.__struct_fields__}

    def add(self, article: str, gold: Iterable[AnyEvent], found: Iterable[AnyEvent]) -> None:
        """Score one article."""
        wanted, got = _sets(gold), _sets(found)
        for name, count in self._counts.items():
            count.add(article, wanted[name], got[name])

    def figures(self) -> EventFigures:
        """The figures of all articles added so far."""
        return EventFigures(**{name: count.figures() for name, count in self._counts.items()})

    def errors(self) -> tuple[Error, ...]:
        """All differences."""
        return tuple(error for count in self._counts.values() for error in count.errors)


def _sets(events: Iterable[AnyEvent]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in EventFigures.__struct_fields__}
    for event in events:
        if event.background:
            continue
        found["type"].add(event.type)
        found["type_status"].add(f"{event.type} {event.status}")
        found["actor"] |= {f"{event.type} {key}" for key in map(party_key, event.actors) if key}
        found["object"] |= {f"{event.type} {key}" for key in (*map(party_key, event.targets), event.place) if key}
    return found
