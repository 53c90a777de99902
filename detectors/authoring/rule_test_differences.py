"""How the alerts of a test differ from those expected: field by field, each at the line of the expectation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from detectors.model.alert import Alert
from detectors.model.event_time import parse_time
from detectors.reading.problems import nearest, shown

_FIELDS = frozenset(Alert.__struct_fields__)


def differences(expected: Sequence[Mapping[str, Any]], alerts: Sequence[Alert]) -> Iterator[tuple[int | None, str]]:
    """Expectations that no alert meets, each beside the alert most like it, and alerts that nobody expected.

    With each goes the place of the expectation, or None.
    """
    found = [msgspec.to_builtins(alert) for alert in alerts]
    owner: dict[int, int] = {}
    missing = [number for number in range(len(expected)) if not _assign(number, expected, found, owner, set())]
    left = [number for number in range(len(alerts)) if number not in owner]
    for number in missing:
        wanted = expected[number]
        unknown = [key for key in wanted if key not in _FIELDS]
        if unknown:
            yield number, f"an alert has no field {shown(unknown[0])}{nearest(unknown[0], _FIELDS)}"
            continue
        like = max(left, key=lambda place: _likeness(wanted, found[place]), default=None)
        if like is None or not _likeness(wanted, found[like]):
            yield number, f"missing alert: {_said(wanted)}"
            continue
        left.remove(like)
        for path, one, other in _fields(wanted, found[like]):
            yield number, f"{alerts[like].rule}: {path}: expected {_said(one)}, found {_said(other)}"
    for place in left:
        yield None, f"unexpected alert: {_said(_summary(alerts[place]))}"


def _likeness(expected: Mapping[str, Any], found: Mapping[str, Any]) -> int:
    """How many of the named fields fit, the rule counted as one; 0 for an alert of another rule than the one named."""
    if "rule" in expected and expected["rule"] != found["rule"]:
        return 0
    fitting = sum(_fits(value, found.get(key)) for key, value in expected.items() if key != "rule")
    return fitting + 1


def _fields(expected: Any, found: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The fields that differ: path, expected and found value."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key, value in expected.items():
            yield from _fields(value, found.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(expected, list | tuple) and isinstance(found, list | tuple) and len(expected) == len(found):
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _fields(one, other, f"{path}[{number}]")
    elif not _fits(expected, found):
        yield path, expected, found


def _assign(
    number: int,
    expected: Sequence[Mapping[str, Any]],
    shown: Sequence[Mapping[str, Any]],
    owner: dict[int, int],
    tried: set[int],
) -> bool:
    """One step of Kuhn's algorithm for bipartite matching."""
    for place, alert in enumerate(shown):
        if place in tried or not _fits(expected[number], alert):
            continue
        tried.add(place)
        if place not in owner or _assign(owner[place], expected, shown, owner, tried):
            owner[place] = number
            return True
    return False


def _fits(expected: Any, found: Any) -> bool:
    """Whether every named field has the expected value; times are compared as moments."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return False
        return all(key in found and _fits(value, found[key]) for key, value in expected.items())
    if isinstance(expected, list | tuple):
        same_length = isinstance(found, list | tuple) and len(expected) == len(found)
        return same_length and all(_fits(one, other) for one, other in zip(expected, found, strict=True))
    if isinstance(expected, str) and isinstance(found, str) and expected != found:
        moment = parse_time(expected)
        return moment is not None and moment == parse_time(found)
    if isinstance(expected, float) and isinstance(found, int | float):
        return math.isclose(expected, found, rel_tol=1e-9)
    if isinstance(found, str) and isinstance(expected, int | float) and not isinstance(expected, bool):
        return str(expected) == found  # an annotation that is a number
    return bool(expected == found)


def _said(value: Any) -> str:
    """A value as a rule file would show it, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_said(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_said, value)) + "]"
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _summary(alert: Alert) -> dict[str, Any]:
    fields = ("rule", "state", "severity", "group", "count", "annotations")
    return {name: value for name in fields if (value := msgspec.to_builtins(getattr(alert, name))) not in ({}, None)}
