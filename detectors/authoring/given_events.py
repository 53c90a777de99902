"""Events as rule tests give them: a type alone, parties as countries or names, or as in the enriched record."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from detectors.model.article import Event, EventStatus, Party, Span
from detectors.reading.countries import unknown_country
from detectors.reading.problems import one_of
from detectors.vocabulary import country_code, event_types, shipped_vocabulary


class GivenParty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party; ``country`` may be an English name."""

    country: str | None = None
    name: str | None = None
    official: str | None = None
    role_class: str | None = msgspec.field(name="class", default=None)
    organisation: str | None = None


class GivenEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event; a party that is a text is a country if it is the code or English name of one, else a name."""

    type: str
    status: EventStatus = "happened"
    background: bool = False
    actors: tuple[GivenParty | str, ...] = ()
    targets: tuple[GivenParty | str, ...] = ()
    place: str | None = None
    confidence: float = 1.0
    trigger: Span | None = None
    evidence: tuple[Span, ...] = ()

    def unknown(self) -> Iterator[str]:
        """Messages about words that no event can have; they are probably misspelt."""
        if self.type not in event_types():
            yield one_of(self.type, event_types(), "event type")
        parties = [party for party in (*self.actors, *self.targets) if isinstance(party, GivenParty)]
        for country in (self.place, *(party.country for party in parties)):
            if country is not None and country_code(country) is None:
                yield unknown_country(country)
        for party in parties:
            if party.role_class is not None and party.role_class not in shipped_vocabulary().role_classes:
                yield one_of(party.role_class, shipped_vocabulary().role_classes, "role class")


def given_event(given: GivenEvent | str) -> Event:
    """The event as the record has it."""
    if isinstance(given, str):
        return Event(given)
    return Event(
        given.type,
        given.status,
        given.background,
        tuple(map(_party, given.actors)),
        tuple(map(_party, given.targets)),
        _code(given.place),
        given.confidence,
        given.trigger,
        given.evidence,
    )


def _party(given: GivenParty | str) -> Party:
    if not isinstance(given, str):
        return Party(_code(given.country), given.name, given.official, given.role_class, given.organisation)
    code = country_code(given)
    return Party(country=code) if code is not None else Party(name=given)


def _code(country: str | None) -> str | None:
    return None if country is None else country_code(country) or country
