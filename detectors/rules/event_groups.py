"""The group fields of events: the type, the place, and parties of one and the same event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from detectors.conditions.fields import SIDES
from detectors.conditions.values import Value
from detectors.model.alert import GroupValue

PREFIX = "event."
EVENT_PAIR = "event.pair"
EVENT_FIELDS = (
    "event.type",
    "event.actor",
    "event.target",
    "event.participant",
    "event.actor.official",
    "event.target.official",
    "event.place",
    EVENT_PAIR,
)
PartiesOf = Callable[[Value, str], tuple[Value, ...]]


def event_parts(event: Value, fields: tuple[str, ...], parties_of: PartiesOf) -> Iterator[dict[str, GroupValue | None]]:
    """The values of the event fields among ``fields``, once for each choice of the parties that they need."""
    asked = [field for field in fields if field.startswith(PREFIX)]
    needed = [side for side in SIDES if any(_needs(field, side) for field in asked)]
    for chosen in product(*(parties_of(event, side) for side in needed)):
        parties = dict(zip(needed, chosen, strict=True))
        yield {field: _part(event, field, parties) for field in asked}


def _needs(field: str, side: str) -> bool:
    if field == EVENT_PAIR:
        return side != "participant"
    return field.split(".")[1] == side


def _part(event: Value, field: str, parties: dict[str, Value]) -> GroupValue | None:
    if field == EVENT_PAIR:
        countries = {country for side in ("actor", "target") if (country := _first(parties[side], "country"))}
        low, *more = sorted(countries) or [""]
        return (low, more[0]) if more else None
    _, key, *official = field.split(".")
    if key not in parties:
        return _first(event, key)
    return _first(parties[key], "official") if official else str(parties[key].code) or None


def _first(value: Value, attribute: str) -> str | None:
    given = value.attributes.get(attribute)
    return given[0] if isinstance(given, tuple) else None
