"""Events: conditions that more input can only make true. They fire at once, one alert for each group and interval."""

from __future__ import annotations

import math
from abc import abstractmethod
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from detectors.alert import GroupValue, Severity
from detectors.facts import Fact, Facts
from detectors.intervals import interval_start
from detectors.kind import Kind
from detectors.log import Log
from detectors.machine import Change, Machine, Moment, Outcome
from detectors.rule import Rule
from detectors.thresholds import RANK, Thresholds

MOST_EVIDENCE = 20
_INSTANT = timedelta(microseconds=1)


def revision(number: float, base: float = 1) -> int:
    """1, and one more for each time that a number has doubled from ``base``."""
    return 1 + (math.floor(math.log2(number / base)) if number > base > 0 else 0)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """That a condition is met at a moment.

    ``count`` is what the record says, ``base`` the count from which doublings are counted, ``rank`` the number of the
    rule's severities that lie below the one reached.
    """

    moment: datetime
    severity: Severity
    count: int
    value: float | None = None
    threshold: float | None = None
    base: float = 1
    rank: int = 0

    @property
    def revision(self) -> int:
        """Counts severities and doublings: a function of the facts that only grows with them."""
        return self.rank + revision(self.count if self.value is None else self.value, self.base)

    def outranks(self, other: Judgement) -> bool:
        """Whether it is the one to show of two in an interval."""
        mine, others = (RANK[self.severity], self.count), (RANK[other.severity], other.count)
        return mine > others or (mine == others and self.moment < other.moment)


def reached(
    thresholds: Thresholds, number: float, moment: datetime, severity: Severity, count: int | None = None
) -> Judgement | None:
    """The judgement for a number that ``at_least`` is asked of; None where no level is reached.

    ``count`` is the number itself unless given; then doublings are those of the number all the same.
    """
    level = thresholds.at_least(number)
    if level is None:
        return None
    return Judgement(
        moment=moment,
        severity=level.severity_of(severity),
        count=int(number) if count is None else count,
        value=number,
        threshold=level.number,
        base=thresholds.least,
        rank=thresholds.levels.index(level),
    )


class Summary(msgspec.Struct):
    """What is known of one interval: its first moment, the judgement to show, the highest revision; 0 before any.

    ``told`` is the revision last sent; ``met`` are the moments at which the condition is met, those outside the
    schedule too.
    """

    first: datetime | None = None
    peak: Judgement | None = None
    revision: int = 0
    told: int = 0
    met: set[datetime] = msgspec.field(default_factory=set)

    def take(self, judgement: Judgement) -> None:
        """One more moment, or the same with more facts."""
        moment = judgement.moment
        self.first = moment if self.first is None else min(self.first, moment)
        self.revision = max(self.revision, judgement.revision)
        if self.peak is None or judgement.outranks(self.peak):
            self.peak = judgement


class EventKind(Kind, frozen=True, kw_only=True):
    """A kind whose condition over (moment - reach, moment] only more facts can make true."""

    COUNTS_UP: ClassVar[bool] = False
    """Whether it asks ``at_least`` of a number that one more fact makes larger by one at most."""

    def reach(self) -> timedelta:
        """How far back from a moment it looks: the window."""
        window: timedelta = self.window  # type: ignore[attr-defined]
        return window

    def throttle(self) -> timedelta:
        return self.reach()

    @abstractmethod
    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement | None:
        """Whether the condition is met at ``moment`` (the time of a fact); ``severity`` is the rule's own."""

    def evidence(self, facts: Facts, moment: datetime) -> list[Fact]:
        """The facts that made it true at ``moment``, in order."""
        return facts.between(moment - self.reach(), moment)

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return EventMachine(rule, group, self)


class EventMachine(Machine):
    """Judges a moment when a fact arrives in its window; keeps a summary of each interval that may still change."""

    __slots__ = ("_begun", "_edited", "_kind", "_most", "_summaries")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: EventKind) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._summaries: dict[datetime, Summary] = {}
        self._edited = False
        self._begun: set[datetime] = set()  # intervals whose alert began before an edit
        self._most: dict[datetime, int] = {}  # what a moment's number is at most, where it was judged before

    def rules_changed(self, rule: Rule) -> None:
        before = self.rule
        super().rules_changed(rule)
        assert isinstance(rule.kind, EventKind)
        self._kind = rule.kind
        if _judged_alike(before, rule):
            return
        if rule.throttle == before.throttle:
            self._begun |= {start for start, summary in self._summaries.items() if summary.told}
        else:
            self._begun.clear()
        self._summaries.clear()
        # what the new thresholds make of the facts was perhaps never sent: send it, once more or not
        self._edited = True
        self._most.clear()

    def observe(self, fact: Fact, out: Outcome) -> None:
        throttle = self.rule.throttle
        last = fact.time + self._kind.reach()
        touched = {interval_start(moment, throttle) for moment in self.facts.moments(fact.time, last)}
        touched.add(interval_start(fact.time, throttle))
        for start in touched:
            self._summary(start, out)
        self.facts.add(fact)
        moments = self.facts.moments(fact.time, last)
        for moment in moments:
            if moment in self._most:
                self._most[moment] += 1
        self._judge(moments, out)
        for start in sorted(touched):
            summary = self._summaries[start]
            if summary.revision > summary.told:
                out.changes.append(self._change(start, summary, first=not summary.told and start not in self._begun))
                summary.told = summary.revision

    def _judge(self, moments: list[datetime], out: Outcome | None) -> None:
        """Judge moments and merge what is met into their intervals; tell of those that are newly met."""
        for moment in moments:
            if not self._may_matter(moment):
                continue
            judgement = self._kind.judge(self.facts, moment, self.rule.severity)
            if self._kind.COUNTS_UP:
                self._most[moment] = self._number(judgement)
            if judgement is None:
                continue
            start = interval_start(moment, self.rule.throttle)
            summary = self._summaries[start]
            is_open = self.rule.schedule.open(moment)
            if is_open:
                summary.take(judgement)
            if moment in summary.met:
                continue
            summary.met.add(moment)
            if out is not None and is_open:
                out.moments.append(Moment(start.isoformat(), moment, self.facts.last_until(moment)))
            elif out is not None:
                out.dropped += 1

    def _number(self, judgement: Judgement | None) -> int:
        thresholds: Thresholds = self._kind.at_least  # type: ignore[attr-defined]
        return int(thresholds.least) - 1 if judgement is None else int(judgement.value or 0)

    def _may_matter(self, moment: datetime) -> bool:
        """Whether judging a moment again may bring anything new: windows of thousands are not counted for nothing."""
        most = self._most.get(moment)
        if most is None:
            return True
        judgement = reached(self._kind.at_least, most, moment, self.rule.severity)  # type: ignore[attr-defined]
        summary = self._summaries[interval_start(moment, self.rule.throttle)]
        if judgement is None or moment not in summary.met:
            return judgement is not None
        return judgement.revision > summary.revision and self.rule.schedule.open(moment)

    def _summary(self, start: datetime, out: Outcome) -> None:
        """Make the summary of an interval from the facts where it was not looked at since a restart or an edit."""
        if start in self._summaries:
            return
        summary = self._summaries[start] = Summary()
        end = start + (self.rule.throttle or _INSTANT)
        moments = list(dict.fromkeys(fact.time for fact in self.facts.since(start, end)))
        self._judge(moments, out if self._edited else None)
        if not self._edited:  # stored facts are facts of which everything was sent
            summary.told = summary.revision

    def _change(self, start: datetime, summary: Summary, *, first: bool) -> Change:
        peak, starts_at = summary.peak, summary.first
        assert peak is not None
        assert starts_at is not None
        return Change(
            identity=start.isoformat(),
            revision=summary.revision,
            state="firing" if first else "updated",
            severity=peak.severity,
            count=peak.count,
            value=peak.value,
            threshold=peak.threshold,
            start=peak.moment - self._kind.reach(),
            end=peak.moment,
            starts_at=starts_at,
            updated_at=peak.moment,
            ends_at=start + self.rule.throttle,
            evidence=tuple(self._kind.evidence(self.facts, peak.moment)[-MOST_EVIDENCE:]),
        )

    def _needless(self, watermark: datetime) -> datetime:
        """Facts up to this time can change no alert any more once nothing before ``watermark`` will come."""
        return interval_start(watermark, self.rule.throttle) - self._kind.reach() - _INSTANT

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:  # noqa: ARG002
        self.prune(self._needless(settled), out)
        oldest = interval_start(now, self.rule.throttle)
        for start in [start for start in self._summaries if start < oldest]:
            del self._summaries[start]
        self._begun = {start for start in self._begun if start >= oldest}
        for moment in [moment for moment in self._most if moment < oldest]:
            del self._most[moment]

    def due(self) -> datetime | None:
        first = self.facts.first
        if first is None:
            return None
        return interval_start(first.time + self._kind.reach(), self.rule.throttle) + (self.rule.throttle or _INSTANT)


def _judged_alike(one: Rule, other: Rule) -> bool:
    """Whether an edit leaves what is judged and sent, texts aside, as it was."""
    names = ("kind", "throttle", "severity", "schedule")
    return all(getattr(one, name) == getattr(other, name) for name in names)
