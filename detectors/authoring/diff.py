"""Compare two rule sets on the same articles: which alerts would appear, vanish or change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import RuleSet
from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle

_SILENT = frozenset({"revision", "rule_set_version", "updated_at", "version"})
"""Fields that do not matter to a reader of the alert: how often it was sent, and by which rule set."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One alert that differs between the two sets; ``fields`` are the fields that changed."""

    change: Literal["appears", "vanishes", "changes"]
    id: str
    rule: str
    fields: tuple[str, ...] = ()
    old: Alert | None = None
    new: Alert | None = None


def differences(
    old: RuleSet, new: RuleSet, articles: Iterable[EnrichedArticle], until: datetime | None = None
) -> list[Difference]:
    """The differences, in order of the alerts' start. Alerts that go to no topic are ignored.

    ``until``: advance event time to this time at the end, so that rules that wait can fire.
    """
    scans = [Scan(Engine(old)), Scan(Engine(new))]
    alerts: list[dict[str, Alert]] = [{}, {}]
    for article in articles:
        for scan, known in zip(scans, alerts, strict=True):
            known.update((firing.alert.id, firing.alert) for firing in scan.feed(article) if firing.topics)
    if until is not None:
        for scan, known in zip(scans, alerts, strict=True):
            known.update((firing.alert.id, firing.alert) for firing in scan.until(until) if firing.topics)
    before, after = alerts
    found = [one for id_ in {**before, **after} if (one := _difference(before.get(id_), after.get(id_))) is not None]
    return sorted(found, key=lambda one: (_alert(one).starts_at, one.rule, one.id))


def _alert(one: Difference) -> Alert:
    alert = one.new or one.old
    assert alert is not None
    return alert


def _difference(old: Alert | None, new: Alert | None) -> Difference | None:
    if old is None or new is None:
        alert = new or old
        assert alert is not None
        return Difference(
            change="vanishes" if new is None else "appears", id=alert.id, rule=alert.rule, old=old, new=new
        )
    fields = tuple(
        name for name in old.__struct_fields__ if name not in _SILENT and getattr(old, name) != getattr(new, name)
    )
    return Difference(change="changes", id=new.id, rule=new.rule, fields=fields, old=old, new=new) if fields else None
