"""Conditions on events and articles with events at random, and a slow, obvious reading of both: the oracle."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from random import Random
from typing import Any

from detectors.model.article import Event, Party, Span

TYPES = ["coup", "sanction", "meeting", "disaster"]
STATUSES = ["happened", "planned", "denied"]
STATES = ["USA", "KAZ", "KGZ"]
NAMES = ["Islamic State", "John Kerry", "NATO"]
CLASSES = ["minister", "diplomat"]
SIDES = ["actor", "target", "participant"]
REGION = ["KAZ", "KGZ"]


class EventWriter:
    """Writes what an analyst asks of an event."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def some(self, values: list[str]) -> Any:
        """One value, or a list of a few."""
        return self.chance.choice(values) if self.chance.random() < 0.6 else self.chance.choices(values, k=2)

    def listed(self, values: list[str]) -> Any:
        """A value, a list, or an operator."""
        if self.chance.random() < 0.6:
            return self.some(values)
        return {self.chance.choice(["in", "not_in", "any", "is"]): self.chance.choices(values, k=2)}

    def party(self, depth: int = 1, *, top: bool = True) -> Any:
        """What is asked of one side."""
        chance = self.chance
        if chance.random() < 0.4:
            return self.some([*STATES, *NAMES])
        if top and chance.random() < 0.2:
            return {"exists": chance.random() < 0.5}
        keys = {
            "country": lambda: self.listed(STATES),
            "name": lambda: self.some(NAMES),
            "class": lambda: self.listed(CLASSES),
            "official": lambda: self.some(["Q0", "Q1"]),
            "in": lambda: self.some([*STATES, *NAMES]) if chance.random() < 0 else ["KAZ", "NATO"],
            "not_in": lambda: ["KAZ", "NATO"],
        }
        found = {key: keys[key]() for key in chance.sample(list(keys), chance.choice([1, 1, 2]))}
        if depth and chance.random() < 0.4:
            inner = [self.party(0, top=False) for _ in range(2)]
            key = chance.choice(["none", "not", "any", *(["all"] * 3 if top else [])])
            if key == "any" and not any(isinstance(one, dict) for one in inner):
                inner[0] = {"country": "USA"}
            if key == "any" and key in found:
                return found
            found[key] = inner[0] if key == "not" else inner
        return found

    def event(self, depth: int = 1, *, top: bool = True) -> Any:
        """What is asked of one event."""
        chance = self.chance
        if chance.random() < 0.15:
            return self.some(TYPES)
        if top and chance.random() < 0.05:
            return {"exists": chance.random() < 0.5}
        keys = {
            "type": lambda: self.listed(TYPES),
            "status": lambda: chance.choice(["any", self.listed(STATUSES)]),
            "background": lambda: chance.choice(["any", True, False]),
            "place": lambda: chance.choice([self.listed(STATES), {"exists": False}]),
            "confidence": lambda: {chance.choice(["gte", "lt"]): 0.5},
            **dict.fromkeys(SIDES, lambda: self.party()),
        }
        found = {key: keys[key]() for key in chance.sample(list(keys), chance.choice([1, 2, 3]))}
        if depth and chance.random() < 0.3:
            inner = [self.event(0, top=False) for _ in range(2)]
            key = chance.choice(["none", "not", "any", *(["all"] if top else [])])
            if key == "any" and not any(isinstance(one, dict) for one in inner):
                inner[0] = {"type": "coup"}
            found[key] = inner[0] if key == "not" else inner
        return found


def some_events(chance: Random, spans: list[Span]) -> tuple[Event, ...]:
    """A few events with parties, triggers in some of the places."""

    def parties() -> tuple[Party, ...]:
        return tuple(
            Party(
                country=chance.choice([None, *STATES]),
                name=name,
                official=f"Q{chance.randint(0, 2)}" if name and chance.random() < 0.4 else None,
                role_class=chance.choice([None, *CLASSES]),
            )
            for name in (chance.choice([None, None, *NAMES]) for _ in range(chance.choice([0, 1, 1, 2, 3])))
        )

    return tuple(
        Event(
            type_,
            chance.choice(["happened", "happened", "planned", "denied"]),
            chance.random() < 0.2,
            parties() if type_ != "disaster" else (),
            parties(),
            chance.choice([None, *STATES]),
            chance.choice([0.2, 0.5, 1.0]),
            chance.choice([None, *spans]),
        )
        for type_ in chance.choices(TYPES, k=chance.choice([0, 1, 1, 2, 3]))
    )


def event_met(asked: Any, events: Iterable[Event]) -> bool:
    """Whether one of the events, or for ``all`` several different ones, are what is asked for."""
    events = list(events)
    if asked in ({"exists": True}, {"exists": False}):
        return any(not event.background for event in events) == asked["exists"]
    if isinstance(asked, dict) and "all" in asked:
        rest = {key: value for key, value in asked.items() if key != "all"}
        told = [_told(rest) | set().union(*map(_told, asked["all"]))] * len(asked["all"])
        return _different(
            asked["all"], events, lambda one, event: _is(one, event) and _defaults(told[0], event) and _is(rest, event)
        )
    return any(_is(asked, event) and _defaults(_told(asked), event) for event in events)  # fmt: skip


def _told(asked: Any) -> set[str]:
    if not isinstance(asked, dict):
        return set()
    inner = [*asked.get("none", ()), *([asked["not"]] if "not" in asked else ())]
    inner += asked["any"] if isinstance(asked.get("any"), list) else []
    return set(asked).union(*map(_told, inner))


def _defaults(told: set[str], event: Event) -> bool:
    return ("status" in told or event.status == "happened") and ("background" in told or not event.background)


def _is(asked: Any, event: Event) -> bool:
    """Whether an event is what is asked for, defaults aside."""
    if not isinstance(asked, dict):
        return event.type in _several(asked)
    for key, value in asked.items():
        if key == "type":
            held = _value(value, event.type)
        elif key == "status":
            held = value == "any" or _value(value, event.status)
        elif key == "background":
            held = value == "any" or event.background == value
        elif key == "place":
            held = event.place is None if value == {"exists": False} else _value(value, event.place)
        elif key == "confidence":
            held = event.confidence >= 0.5 if "gte" in value else event.confidence < 0.5
        elif key in SIDES:
            held = _side(value, parties_of(event, key))
        elif key == "not":
            held = not _is(value, event)
        elif key == "none":
            held = not any(_is(one, event) for one in value)
        else:
            held = any(_is(one, event) for one in value)
        if not held:
            return False
    return True


def parties_of(event: Event, side: str) -> list[Party]:
    """The parties of a side; participants are each party once, and no state beside its own official."""
    if side != "participant":
        return list(event.actors if side == "actor" else event.targets)
    found: list[Party] = []
    for parties in (event.actors, event.targets):
        for party in parties:
            beside = party.name is None and any(
                other.name is not None and other.country == party.country for other in parties
            )
            if not beside and (party.country, party.name) not in [(one.country, one.name) for one in found]:
                found.append(party)
    return found


def _side(asked: Any, parties: list[Party]) -> bool:
    if isinstance(asked, dict) and "exists" in asked:
        return bool(parties) == asked["exists"]
    if isinstance(asked, dict) and "all" in asked:
        rest = {key: value for key, value in asked.items() if key != "all"}
        return _different(asked["all"], parties, lambda one, party: _party(one, party) and _party(rest, party))
    return any(_party(asked, party) for party in parties)


def _party(asked: Any, party: Party) -> bool:
    if not isinstance(asked, dict):
        return any(party.country == one or (one not in STATES and party.name == one) for one in _several(asked))
    for key, value in asked.items():
        if key == "country":
            held = _value(value, party.country)
        elif key == "name":
            held = party.name in _several(value)
        elif key == "class":
            held = _value(value, party.role_class)
        elif key == "official":
            held = party.official in _several(value)
        elif key == "in":
            held = _party(value, party)
        elif key == "not_in" or key == "not":
            held = not _party(value, party)
        elif key == "none":
            held = not any(_party(one, party) for one in value)
        else:
            held = any(_party(one, party) for one in value)
        if not held:
            return False
    return True


def _different(wanted: list[Any], values: list[Any], met: Any) -> bool:
    return any(all(map(met, wanted, chosen)) for chosen in permutations(values, len(wanted)))


def _value(asked: Any, given: str | None) -> bool:
    if not isinstance(asked, dict):
        return given in _several(asked)
    return given is not None and all(
        (given in _several(values)) != (operator == "not_in") for operator, values in asked.items()
    )


def _several(asked: Any) -> list[Any]:
    return asked if isinstance(asked, list) else [asked]
