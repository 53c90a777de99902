"""The alert record that a rule emits when it fires: the value on ``alerts`` and on the rule's own topic."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from detectors.model.article import Span

State = Literal["firing", "updated", "resolved"]
Severity = Literal["info", "warning", "critical"]
GroupValue = str | int | float | bool | tuple[str, str] | None


class EvidenceSpan(Span, frozen=True):
    """A span that met a condition; ``what`` names it: ``country KGZ``, ``theme sanctions``, ``official John Kerry``."""

    what: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """An article behind the alert; ``step`` is the number of the rule's step that it met, counted from 1."""

    article_id: str
    url: str | None = None
    title: str = ""
    source: str | None = None
    published_at: str | None = None
    step: int | None = None
    spans: tuple[EvidenceSpan, ...] = ()


class Window(msgspec.Struct, frozen=True):
    """A stretch of event time, start exclusive, end inclusive."""

    start: datetime
    end: datetime


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of an alert; ``id`` is a function of rule, group and event time, ``revision`` counts up within it.

    All times are event time, so the same log gives the same record whenever it is read.
    """

    id: str
    revision: int
    rule: str
    kind: str
    state: State
    severity: Severity
    group: dict[str, GroupValue]
    count: int
    value: GroupValue | None = None
    threshold: float | None = None
    window: Window | None = None
    starts_at: datetime
    updated_at: datetime
    ends_at: datetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    rule_set_version: str
    version: int = 1
