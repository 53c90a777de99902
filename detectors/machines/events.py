"""Events: conditions that further input can only make true. They fire at once, one alert per group and interval."""

from __future__ import annotations

import math
from abc import abstractmethod
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.facts.tallies import Tally
from detectors.machines.judged_moments import NEVER, Bounds, Moments
from detectors.machines.judgement import Judgement, surpassing
from detectors.machines.stretches import Stretches
from detectors.model.alert import GroupValue, Severity
from detectors.model.event_time import INSTANT
from detectors.rules.keys import WindowKind
from detectors.rules.machine import Change, Machine, Mark, Moment, Outcome
from detectors.rules.rule import Rule
from detectors.rules.thresholds import Thresholds
from detectors.timeline.intervals import interval_start
from detectors.timeline.log import Log

MOST_EVIDENCE = 20
MOST_COUNTED = 32
"""Up to this many facts around a new one, its moments are counted one by one, without bounds for stretches."""


class Summary(msgspec.Struct):
    """What is known about one interval: its first moment, the judgement to show, the highest revision (0 at first).

    ``sent`` is the revision last sent; ``met`` are the moments at which the condition is met, including those outside
    the schedule.
    """

    first: datetime | None = None
    peak: Judgement | None = None
    revision: int = 0
    sent: int = 0
    met: set[datetime] = msgspec.field(default_factory=set)

    def take(self, judgement: Judgement) -> None:
        """Merge the judgement of a new moment, or of a known moment with more facts."""
        moment = judgement.moment
        self.first = moment if self.first is None else min(self.first, moment)
        self.revision = max(self.revision, judgement.revision)
        if self.peak is None or judgement.outranks(self.peak):
            self.peak = judgement


class EventKind(WindowKind, frozen=True, kw_only=True):
    """A kind whose condition over (moment - reach, moment] further facts can only make true."""

    def reach(self) -> timedelta:
        """How far it looks back from a moment: the window."""
        return self.window

    def throttle(self) -> timedelta:
        return self.reach()

    @abstractmethod
    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        """Whether the condition is met at ``moment`` (the time of a fact); ``severity`` is the rule's own."""

    def grows(self, facts: Facts, fact: Fact) -> int:  # noqa: ARG002
        """The most by which the last added fact may have raised the number of a moment."""
        return 1

    def grown(self, facts: Facts, fact: Fact) -> tuple[datetime, datetime]:  # noqa: ARG002
        """The first and last moment whose number it may have raised; first > last if there is none."""
        return fact.time, fact.time + self.reach()

    def turned(self, facts: Facts, fact: Fact) -> Iterable[tuple[datetime, datetime]]:  # noqa: ARG002
        """The stretches of moments where the last added fact may have changed more than the number."""
        return ()

    def levels_counted(self) -> Thresholds | None:
        """The thresholds for the number; None if the condition does not depend on a number."""
        return None

    def tallies(self, facts: Facts) -> Callable[[], Tally] | None:  # noqa: ARG002
        """Makes empty counts of what :meth:`levels_counted` compares; None if judging a moment costs little."""
        return None

    def evidence(self, facts: Facts, moment: datetime) -> list[Fact]:
        """The last facts that made the condition true at ``moment``, in order."""
        return facts.between(moment - self.reach(), moment)[-MOST_EVIDENCE:]

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return EventMachine(rule, group, self)


class EventMachine(Machine):
    """Judges the moments that a fact may affect; keeps a summary of each interval that may still change."""

    __slots__ = ("_begun", "_edited", "_kind", "_moments", "_starts", "_stored", "_stretches", "_summaries")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: EventKind) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._moments = Moments()
        self._stretches: Stretches | None = None
        self._summaries: dict[datetime, Summary] = {}
        self._starts: list[datetime] = []  # of the summaries, in order
        self._stored: list[datetime] | None = []  # intervals of stored facts still to judge; None: not determined yet
        self._edited = False
        self._begun: set[datetime] = set()  # intervals whose alert began before an edit

    def restore(self, facts: Iterable[Fact], marks: Iterable[Mark], settled: datetime | None) -> None:
        super().restore(facts, marks, settled)
        self._stored = None

    def rules_changed(self, rule: Rule) -> None:
        before = self.rule
        super().rules_changed(rule)
        assert isinstance(rule.kind, EventKind)
        self._kind = rule.kind
        if _judged_alike(before, rule):
            return
        if rule.throttle == before.throttle:
            self._begun |= {start for start, summary in self._summaries.items() if summary.sent}
        else:
            self._begun.clear()
        self._summaries.clear()
        self._starts.clear()
        self._moments.clear()
        self._stored = None
        # alerts of these facts under the new thresholds were perhaps never sent: send them, even if twice
        self._edited = True

    def observe(self, fact: Fact, out: Outcome) -> None:
        last = fact.time + self._kind.reach()
        touched = self._look_at_stored(fact.time, last, out)
        self.facts.add(fact)
        first_grown, last_grown = self._kind.grown(self.facts, fact)
        self._moments.grow(first_grown, last_grown, self._kind.grows(self.facts, fact))
        again: set[datetime] = set()
        stretches = self._stretches_around(fact.time, last)
        if stretches is not None:
            if fact.time not in self._moments:
                self._estimate(fact.time, out)
            again.update(self._moments.promising(fact.time, fact.time, stretches))
        elif fact.time not in self._moments:
            again.add(fact.time)
        again.update(self._moments.promising(first_grown, last_grown, stretches))
        for stretch in self._kind.turned(self.facts, fact):
            again.update(self._moments.within(*stretch))
        self._judge(sorted(again) if stretches is None else self._unsettled(sorted(again)), out)
        touched.update(interval_start(moment, self.rule.throttle) for moment in again)
        for start in sorted(touched):
            summary = self._summary(start)
            if summary.revision > summary.sent:
                self._catch_up(start, summary)
                out.changes.append(self._change(start, summary, first=not summary.sent and start not in self._begun))
                summary.sent = summary.revision

    def _judge(self, moments: Iterable[datetime], out: Outcome | None) -> None:
        """Judge moments and merge those that are met into their intervals; report the newly met ones."""
        for moment in moments:
            judgement = self._kind.judge(self.facts, moment, self.rule.severity)
            summary = self._summary(interval_start(moment, self.rule.throttle))
            is_open = judgement.met and self.rule.schedule.open(moment)
            if is_open:
                summary.take(judgement)
            fewest = judgement.number if judgement.met else 0
            bounds = Bounds(moment, fewest, judgement.number)
            self._moments.put(bounds, self._again(judgement, summary, is_open))
            if judgement.met:
                self._meet(moment, summary, out, is_open=is_open)

    def _meet(self, moment: datetime, summary: Summary, out: Outcome | None, *, is_open: bool) -> None:
        """Report a moment if it is newly met."""
        if moment in summary.met:
            return
        summary.met.add(moment)
        if out is not None and is_open:
            start = interval_start(moment, self.rule.throttle)
            out.moments.append(Moment(start.isoformat(), moment, self.facts.last_until(moment)))
        elif out is not None:
            out.dropped += 1

    def _stretches_around(self, first: datetime, last: datetime) -> Stretches | None:
        """The bounds for stretches of moments; None if the moments in [first, last] are judged without."""
        facts, reach = self.facts, self._kind.reach()
        make = self._kind.tallies(facts)
        if make is None or facts.size(first - reach, last) <= MOST_COUNTED:
            return None
        self._stretches = facts.follow("stretches", lambda: Stretches(facts, reach, make))
        return self._stretches

    def _unsettled(self, moments: Iterable[datetime]) -> Iterator[datetime]:
        """Those of a count's moments that may change their interval: of met ones, those that may surpass it by now."""
        levels = self._kind.levels_counted()
        assert levels is not None
        for moment in moments:
            summary = self._summary(interval_start(moment, self.rule.throttle))
            if moment in summary.met and self.rule.schedule.open(moment):
                again = surpassing(summary.revision, levels.least, levels)
                if self._moments.postpone(moment, again):
                    continue
            yield moment

    def _estimate(self, moment: datetime, out: Outcome) -> None:
        """Bound the number of a new moment by those of its neighbours: their windows differ by few facts."""
        facts, reach, levels = self.facts, self._kind.reach(), self._kind.levels_counted()
        assert levels is not None
        before, after = self._moments.around(moment)
        fewest, most = 0, facts.size(moment - reach, moment)
        if before is not None:
            most = min(most, before.most + facts.size(before.moment, moment))
            fewest = before.fewest - facts.size(before.moment - reach, moment - reach)
        if after is not None:
            most = min(most, after.most + facts.size(moment - reach, after.moment - reach))
            fewest = max(fewest, after.fewest - facts.size(moment, after.moment))
        again = math.ceil(levels.least)
        if fewest >= again:
            summary = self._summary(interval_start(moment, self.rule.throttle))
            is_open = self.rule.schedule.open(moment)
            self._meet(moment, summary, out, is_open=is_open)
            if is_open:
                summary.first = moment if summary.first is None else min(summary.first, moment)
            again = surpassing(summary.revision, levels.least, levels) if is_open else NEVER
        self._moments.put(Bounds(moment, fewest, most), again)

    def _again(self, judgement: Judgement, summary: Summary, is_open: bool) -> int:
        """The number from which on judging a moment again may change anything."""
        again = NEVER if judgement.again is None else judgement.again
        if is_open:
            return min(again, surpassing(summary.revision, judgement.base, self._kind.levels_counted()))
        return NEVER if judgement.met else again

    def _catch_up(self, start: datetime, summary: Summary) -> None:
        """Judge again the moments of an interval that may have grown to be the one to show."""
        assert summary.peak is not None
        end = start + (self.rule.throttle or INSTANT) - INSTANT
        for moment in self._moments.reaching(start, end, summary.peak.number):
            if moment in summary.met:
                self._judge((moment,), None)

    def _summary(self, start: datetime) -> Summary:
        summary = self._summaries.get(start)
        if summary is None:
            summary = self._summaries[start] = Summary()
            insort(self._starts, start)
        return summary

    def _look_at_stored(self, first: datetime, last: datetime, out: Outcome) -> set[datetime]:
        """Summarise the intervals of [first, last] that were not judged since a restart or an edit."""
        throttle = self.rule.throttle
        if self._stored is None:
            starts = {interval_start(fact.time, throttle) for fact in self.facts}
            self._stored = sorted(start for start in starts if start not in self._summaries)
        if not self._stored:
            return set()
        latest = self.facts.last_until(last)
        until = first if latest is None else max(first, latest.time)
        low = bisect_left(self._stored, interval_start(first, throttle))
        high = bisect_right(self._stored, interval_start(until, throttle))
        found = self._stored[low:high]
        del self._stored[low:high]
        for start in found:
            summary = self._summary(start)
            end = start + (throttle or INSTANT)
            moments = list(dict.fromkeys(fact.time for fact in self.facts.since(start, end)))
            self._judge(moments, out if self._edited else None)
            if not self._edited:  # everything that follows from a stored fact has been sent
                summary.sent = summary.revision
        return set(found)

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
            evidence=tuple(self._kind.evidence(self.facts, peak.moment)),
        )

    def _needless(self, watermark: datetime) -> datetime:
        """The time up to which facts can no longer change an alert once ``watermark`` is reached."""
        return interval_start(watermark, self.rule.throttle) - self._kind.reach() - INSTANT

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:  # noqa: ARG002
        self.prune(self._needless(settled), out)
        oldest = interval_start(now, self.rule.throttle)
        end = bisect_left(self._starts, oldest)
        for start in self._starts[:end]:
            del self._summaries[start]
        del self._starts[:end]
        if self._stored:
            del self._stored[: bisect_left(self._stored, oldest)]
        if self._begun:
            self._begun = {start for start in self._begun if start >= oldest}
        self._moments.drop_before(oldest)
        if self._stretches is not None:
            self._stretches.drop_before(oldest)

    def due(self) -> datetime | None:
        first = self.facts.first
        if first is None:
            return None
        return interval_start(first.time + self._kind.reach(), self.rule.throttle) + (self.rule.throttle or INSTANT)


def _judged_alike(one: Rule, other: Rule) -> bool:
    """Whether an edit changes only texts, and not what is judged and sent."""
    names = ("kind", "throttle", "severity", "schedule")
    return all(getattr(one, name) == getattr(other, name) for name in names)
