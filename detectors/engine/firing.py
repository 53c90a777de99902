"""Build the alert record that people and programs read from a machine's change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from detectors.model.alert import Alert, GroupValue, Window
from detectors.model.sightings import Seen, united
from detectors.reading.durations import format_duration
from detectors.rules.machine import Change, alert_id
from detectors.rules.rule import Rule
from detectors.rules.seen import event_of_group
from detectors.rules.templates import missing, render


class Firing(msgspec.Struct, frozen=True):
    """An alert and the topics to send it to; no topics if the rule has ``publish: false``."""

    alert: Alert
    topics: tuple[str, ...]


def firing(rule: Rule, group: dict[str, GroupValue], change: Change, version: str) -> Firing:
    """The alert for a change, with labels and rendered annotations."""
    evidence = tuple(shown for fact in change.evidence if (shown := fact.evidence) is not None)
    window = Window(change.start, change.end) if change.start is not None and change.end is not None else None
    annotations = rule.annotations
    if any("{" in source for source in annotations.values()):
        names = _names(rule, group, change, united(fact.seen for fact in change.evidence))
        names["article"] = evidence[-1] if evidence else missing("article")
        annotations = {key: render(source, names) for key, source in annotations.items()}
    alert = Alert(
        id=alert_id(rule.name, group, change.identity),
        revision=change.revision,
        rule=rule.name,
        kind=rule.kind.NAME,
        state=change.state,
        severity=change.severity,
        group=group,
        count=change.count,
        value=change.value,
        threshold=change.threshold,
        window=window,
        starts_at=change.starts_at,
        updated_at=change.updated_at,
        ends_at=change.ends_at,
        labels=rule.labels,
        annotations=annotations,
        tags=rule.tags,
        evidence=evidence,
        rule_set_version=version,
    )
    return Firing(alert, rule.topics())


def _names(rule: Rule, group: Mapping[str, GroupValue], change: Change, seen: Seen) -> dict[str, Any]:
    def first(values: tuple[Any, ...], name: str) -> Any:
        return values[0] if values else missing(name)

    def of_group(field: str, values: tuple[Any, ...], code: str) -> Any:
        if field in group and group[field] is None:
            return missing(field)
        if field in group:
            return next((value for value in values if getattr(value, code, value) == group[field]), group[field])
        return first(values, field)

    window = rule.kind.span()
    given: dict[str, Any] = {
        "officials": seen.officials,
        "countries": seen.countries,
        "themes": seen.themes,
        "organisations": seen.organisations,
        "terms": seen.terms,
        "events": seen.events,
        "official": of_group("official", _of_group_country(group, seen), "id"),
        "country": of_group("country", seen.countries, "code"),
        "theme": of_group("theme", seen.themes, ""),
        "organisation": of_group("organisation", seen.organisations, ""),
        "term": of_group("term", seen.terms, ""),
        "event": event_of_group(group, seen.events) or missing("event"),
        "group": dict(group),
        "count": change.count,
        "severity": change.severity,
        "window": format_duration(window) if window is not None else missing("window"),
        "rule": rule.name,
        "labels": rule.labels,
    }
    for name in ("value", "threshold", "previous", "current"):
        value = getattr(change, name)
        given[name] = missing(name) if value is None else _whole(value)
    return given


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _of_group_country(group: Mapping[str, GroupValue], seen: Seen) -> tuple[Any, ...]:
    """The officials that match the country, class or role in the group; all officials if none match."""
    parts = {field.partition(".")[2]: value for field, value in group.items() if field.startswith("official.")}
    if not parts:
        return seen.officials
    fitting = (
        person
        for person in seen.officials
        if all((person.class_ if part == "class" else getattr(person, part)) == value for part, value in parts.items())
    )
    return tuple(fitting) or seen.officials
