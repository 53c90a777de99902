"""The state machine of one group of one rule: facts in, alert changes and further facts out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.model.alert import GroupValue, Severity, State
from detectors.model.observation import group_key, state_key
from detectors.timeline.log import Log

if TYPE_CHECKING:
    from detectors.rules.rule import Rule


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An alert revision before labels and annotations; ``identity`` is the part of its id besides rule and group."""

    identity: str
    revision: int
    state: State
    severity: Severity
    count: int
    value: GroupValue | None = None
    threshold: float | None = None
    start: datetime | None = None
    end: datetime | None = None
    starts_at: datetime
    updated_at: datetime
    ends_at: datetime | None = None
    previous: GroupValue | None = None
    current: GroupValue | None = None
    evidence: tuple[Fact, ...] = ()


class Moment(msgspec.Struct, frozen=True):
    """A moment at which the condition of an alert is met, and the newest fact behind it."""

    identity: str
    time: datetime
    fact: Fact | None = None


class Mark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact that a machine derived itself (a state began, a value was settled); written once, like all facts.

    ``time`` relates it to the watermark: after a crash, the marks of a name after the stored watermark are derived
    again, with the same result. ``data`` is the machine's own encoded data.
    """

    name: str
    time: datetime
    ident: str = ""
    data: bytes = b""

    @property
    def suffix(self) -> str:
        """The key suffix that distinguishes it from the other facts of its group."""
        return f"~{self.name} {self.time.isoformat()} {self.ident}"


class Outcome:
    """The result of one step of a machine, which the machine fills in."""

    __slots__ = ("bounded", "changes", "dropped", "facts_dropped", "marks", "marks_dropped", "moments")

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.marks: list[Mark] = []
        self.marks_dropped: list[Mark] = []
        self.facts_dropped: list[Fact] = []
        self.moments: list[Moment] = []
        """For chains: every moment at which an alert's condition is newly met, whether the alert is sent or not."""
        self.dropped = 0
        """Number of moments at which a closed schedule held an alert back."""
        self.bounded = 0
        """How often a limit was reached."""


class Machine(ABC):
    """One group of one rule. Everything that it does is a function of its facts, its marks and the watermark.

    ``log`` and ``now`` (the rule's watermark, None before the first) are the knowledge when a fact is observed.
    """

    __slots__ = ("facts", "group", "key", "log", "marks", "now", "rule")

    def __init__(self, rule: Rule, group: dict[str, GroupValue]) -> None:
        self.rule = rule
        self.group = group
        self.key = state_key(rule.state, group)
        self.facts = Facts()
        self.marks: dict[str, Mark] = {}
        self.log = Log()
        self.now: datetime | None = None

    def restore(self, facts: Iterable[Fact], marks: Iterable[Mark], settled: datetime | None) -> None:  # noqa: ARG002
        """Load stored facts and marks, in any order, before the first observation.

        ``settled`` is the stored watermark of the rule: everything before it has been judged.
        """
        for fact in facts:
            self.facts.add(fact)
        for mark in marks:
            self.marks[mark.suffix] = mark

    def latest(self, name: str, until: datetime | None) -> Mark | None:
        """The latest mark with this name and a time before ``until``."""
        if until is None:
            return None
        named = (mark for mark in self.marks.values() if mark.name == name and mark.time < until)
        return max(named, key=lambda mark: (mark.time, mark.ident), default=None)

    def put(self, mark: Mark, out: Outcome) -> None:
        """Write a mark unless it is already written."""
        if mark.suffix not in self.marks:
            self.marks[mark.suffix] = mark
            out.marks.append(mark)

    def drop(self, mark: Mark, out: Outcome) -> None:
        """Delete a mark."""
        if self.marks.pop(mark.suffix, None) is not None:
            out.marks_dropped.append(mark)

    def prune(self, time: datetime, out: Outcome) -> None:
        """Delete the facts up to and including ``time``, which nothing needs any more."""
        out.facts_dropped += self.facts.drop_until(time)

    @abstractmethod
    def observe(self, fact: Fact, out: Outcome) -> None:
        """Add a new fact to ``facts`` and report what follows at once."""

    @abstractmethod
    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:
        """Advance to the rule's watermark ``now``: nothing earlier will come any more.

        ``settled`` is a watermark that is known to be stored: after a crash, judging resumes there. Facts that nothing
        from ``settled`` on needs may be deleted.
        """

    @abstractmethod
    def due(self) -> datetime | None:
        """The time after which the rule's watermark gives :meth:`advance` something to do; None for never."""

    def rules_changed(self, rule: Rule) -> None:
        """Take over an edited rule whose state id is unchanged."""
        self.rule = rule


def alert_id(rule: str, group: dict[str, GroupValue], identity: str) -> str:
    """The id of an alert: a hash of rule, group and interval (or the time when a state became true)."""
    return sha256(f"{rule}\n{group_key(group)}\n{identity}".encode()).hexdigest()[:32]
