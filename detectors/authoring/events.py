"""Events in explanations: an event in words, and the event that came nearest to a condition, with what it lacks."""

from __future__ import annotations

from detectors.authoring.wording import asked
from detectors.conditions.event_values import EventValue
from detectors.conditions.fields import SIDES
from detectors.conditions.nodes import Has
from detectors.conditions.parties import AnyOf, NoneOf
from detectors.conditions.predicates import Predicate
from detectors.conditions.values import Value
from detectors.conditions.view import Scene

_WEIGHTS = {"type": 8, **dict.fromkeys(SIDES, 3)}
"""An event of another type is far from what is asked for, one with another party less so, another status least."""
SHOWN = 4
"""Number of parties to write out."""


def event_in_words(value: EventValue) -> str:
    """``sanction (possible): United States -> Kazakhstan, Russia``."""
    event = value.event
    notes = ", ".join((event.status, *(["background"] if event.background else [])))
    said = f"{event.type} ({notes})"
    actors, targets = _names(value, "actor"), _names(value, "target")
    if actors or targets:
        said += f": {actors or '?'}" + (f" -> {targets}" if targets else "")
    return f"{said} in {event.place}" if event.place else said


def _names(value: EventValue, side: str) -> str:
    names = [party.name for party in value.parties[side]]
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def nearest_event(condition: Has, scene: Scene) -> str:
    """The event that lacks least of what is asked for, and what it lacks."""
    events = [value for value in scene.values(condition.field) if isinstance(value, EventValue)]
    if not events:
        return f"no event {'in the article' if scene.whole else 'here'}"
    lacking = [
        [(attribute, one) for attribute, one in condition.tests if not one.holds(value, attribute)] for value in events
    ]
    costs = [sum(_WEIGHTS.get(attribute, 1) for attribute, _ in missed) for missed in lacking]
    best = min(range(len(events)), key=costs.__getitem__)  # the first of the best
    value = events[best]
    return f"{event_in_words(value)}; " + "; ".join(
        _shortfall(value, attribute, one) for attribute, one in lacking[best]
    )


def _shortfall(value: EventValue, attribute: str, predicate: Predicate) -> str:
    """What the event has instead of what is asked for."""
    wanted = asked(predicate, attribute)
    if attribute in SIDES:
        return f"{attribute} {_names(value, attribute) or 'unknown'}, wanted {wanted}"
    if isinstance(predicate, NoneOf):
        return f"it is {wanted.removeprefix('not ')}, which is excluded"
    if isinstance(predicate, AnyOf):
        return f"wanted {wanted}"
    if attribute == "background":
        return "the article only recalls it" if value.event.background else "the article reports it as news"
    return f"{attribute} {_said(value, attribute)}, wanted {wanted}"


def _said(value: Value, attribute: str) -> str:
    given = value.attributes.get(attribute)
    if given is None:
        return "unknown"
    return given[0] if isinstance(given, tuple) else f"{given:g}"
