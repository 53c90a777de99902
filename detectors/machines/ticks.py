"""States, judged at every multiple of ``every`` once the watermark has passed it.

One alert goes from firing through updated (the severity changed) to resolved (no longer true), with ``for``, ``clear``,
``throttle`` and ``schedule``. Its id contains the time at which the state became true: the first tick at which the
level had been held for ``for``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.events import MOST_EVIDENCE
from detectors.model.alert import GroupValue, Severity
from detectors.model.event_time import INSTANT
from detectors.rules.machine import Change, Machine, Mark, Moment, Outcome
from detectors.rules.rule import Rule
from detectors.rules.thresholds import Level, Thresholds
from detectors.timeline.intervals import first_multiple
from detectors.timeline.log import Log

Side = Literal["at_least", "at_most", "below"]
_LIFE = timedelta(days=1)
"""How long a standing is valid, in event time; one that lasts longer is written again."""


class Measure(msgspec.Struct, frozen=True):
    """What a kind measures at one tick: the ``value`` to compare with thresholds, and the ``count`` for the record."""

    value: float
    count: int


class Ticked(Protocol):
    """What the machine needs from a kind: some of its keys and a few methods."""

    @property
    def window(self) -> timedelta: ...
    @property
    def every(self) -> timedelta: ...
    @property
    def for_(self) -> timedelta: ...
    @property
    def clear(self) -> Thresholds | None: ...

    def levels(self) -> tuple[Side, Thresholds]:
        """The thresholds, and the side on which a value reaches them."""

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:
        """The measure at ``tick``; None if there is nothing to judge (too few articles, the log too young)."""

    def turning_points(self) -> tuple[timedelta, ...]:
        """How long after a fact it may change the measure: zero (it enters), the window (it leaves), ..."""

    def log_age(self) -> timedelta | None:
        """The minimum age of the log before anything is judged; None if that does not matter."""

    def witnesses(self, facts: Facts, tick: datetime) -> list[Fact]:
        """The facts to show as evidence."""


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """The state of a group after a tick: everything that later ticks need to know about earlier ones.

    ``since``: for each level that is held, by severity, the tick since which it has been held. ``began``: when the
    current state became true; ``last_began``: when the last sent alert began; ``held_back``: throttle drops the current
    alert; ``sent``: the severity last sent. ``learned`` is for groups that must be learned first.

    ``until``: the tick at which it is written again if it still matters. A stale worker (stopped, replaced and woken
    up) may resurrect a standing that was superseded and dropped. A standing that was not written again at ``until`` is
    such a one, and is ignored. Before ``until`` a later standing exists, because the last one is kept that long.
    """

    since: dict[str, datetime] = {}
    began: datetime | None = None
    last_began: datetime | None = None
    held_back: bool = False
    sent: Severity | None = None
    revision: int = 0
    learned: bool = False
    until: datetime | None = None


_DECODER = msgspec.msgpack.Decoder(Standing)
_STANDING = "standing"


class TickMachine(Machine):
    """Judges, in order, only the ticks at which something may have changed."""

    __slots__ = ("_judged", "_kind", "_log", "_stale", "standing")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: Ticked) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._judged: datetime | None = None
        self._log: Log | None = None
        self._stale = False
        """Whether the next tick must be judged in any case: the rule was edited or its state restored."""
        self.standing = Standing()

    def restore(self, facts: Iterable[Fact], marks: Iterable[Mark], settled: datetime | None) -> None:
        super().restore(facts, marks, settled)
        self._stale = True
        if settled is None:
            return
        self._judged = first_multiple(settled, self._kind.every) - self._kind.every
        mark = self.latest(_STANDING, settled)
        if mark is not None:
            standing = _DECODER.decode(mark.data)
            if standing.until is None or not self._outlived(standing.until, settled):
                self.standing = standing

    def rules_changed(self, rule: Rule) -> None:
        super().rules_changed(rule)
        self._kind = rule.kind  # type: ignore[assignment]
        self._stale = True
        if self._judged is not None and self.now is not None:  # judged ticks are not judged again
            self._judged = max(self._judged, first_multiple(self.now, self._kind.every) - self._kind.every)

    def observe(self, fact: Fact, out: Outcome) -> None:  # noqa: ARG002 - nothing follows before the watermark
        self.facts.add(fact)

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:
        self._log = log
        while (tick := self._next_tick(settled)) is not None and tick < now:
            self._tick(tick, log, out)
            self._judged = tick
            self._stale = False
        self._drop_marks(settled, out)
        self.forget(settled, out)

    def due(self) -> datetime | None:
        ends = self.forgets()
        tick = self._next_tick(None)
        if tick is None and ends is None and self.marks:  # nothing to do but drop them once they are not needed
            last = max(mark.time for mark in self.marks.values())
            return max(last + self.rule.throttle, self.standing.until or last)
        return min((moment for moment in (tick, ends) if moment is not None), default=None)

    def forget(self, settled: datetime, out: Outcome) -> None:
        """Delete the facts that no tick from ``settled`` on needs."""
        self.prune(settled - self._kind.every - max(self._kind.turning_points()) - INSTANT, out)

    def forgets(self) -> datetime | None:
        """When :meth:`forget` has something to delete."""
        first = self.facts.first
        if first is None:
            return None
        return first.time + self._kind.every + max(self._kind.turning_points()) + 2 * INSTANT

    def begins(self, settled: datetime | None) -> datetime | None:  # noqa: ARG002
        """The first moment to judge."""
        first = self.facts.first
        return None if first is None else first.time

    def moments(self, after: datetime) -> Iterator[datetime]:
        """Moments at which the measure may change; the caller ignores those up to ``after``."""
        for point in self._kind.turning_points():
            fact = self.facts.next_after(after - point)
            if fact is not None:
                yield fact.time + point
        age = self._kind.log_age()
        if age is not None and self._log is not None and self._log.start is not None:
            yield self._log.start + age

    def measure(self, tick: datetime, log: Log) -> Measure | None:
        """The measure of the kind at ``tick``; None if there is nothing to judge."""
        return self._kind.measure(self.facts, tick, log)

    def _next_tick(self, settled: datetime | None) -> datetime | None:
        """The next tick at which the measure, ``for`` or the schedule may change anything."""
        every, after = self._kind.every, self._judged
        if after is None:
            begins = self.begins(settled)
            return None if begins is None else first_multiple(begins, every)
        if self._stale:
            return first_multiple(after + INSTANT, every)
        standing = self.standing
        moments = [*self.moments(after), *(since + self._kind.for_ for since in standing.since.values())]
        if standing.began is not None and not self.rule.schedule.open(after):
            opening = self.rule.schedule.next_opening(after)
            if opening is not None:
                moments.append(opening)
        if standing.until is not None and not self._says_nothing(standing.until):
            moments.append(standing.until)
        later = [moment for moment in moments if moment > after]
        return first_multiple(min(later), every) if later else None

    def _tick(self, tick: datetime, log: Log, out: Outcome) -> None:
        before = self.standing
        measure = self.measure(tick, log)
        self.standing = after = msgspec.structs.replace(self.standing, since=self._held(tick, measure))
        level = self._active(tick)
        if level is None:
            if before.began is not None:
                after = self._end(after, tick, measure, out)
        else:
            if before.began is None:
                after = self._begin(after, tick)
            after = self._emit(after, tick, level, measure, out)
        self.standing = after
        old = before.until is None or tick >= before.until
        if after != before or (old and not self._says_nothing(tick)):
            life = max(_LIFE, *self._kind.turning_points())
            until = first_multiple(tick + life, self._kind.every)
            self.standing = after = msgspec.structs.replace(after, until=max(until, before.until or until))
            self.put(Mark(name=_STANDING, time=tick, data=msgspec.msgpack.encode(after)), out)

    def _active(self, tick: datetime) -> Level | None:
        """The highest level that has been held for ``for``."""
        since = self.standing.since
        for level in reversed(self._kind.levels()[1].levels):
            start = since.get(level.severity_of(self.rule.severity))
            if start is not None and tick - start >= self._kind.for_:
                return level
        return None

    def _held(self, tick: datetime, measure: Measure | None) -> dict[str, datetime]:
        """Since when each level is held: it is reached, was reached and not left, or a higher level is held."""
        side, thresholds = self._kind.levels()
        held: dict[str, datetime] = {}
        higher: datetime | None = None
        known = self.standing.since
        for level in reversed(thresholds.levels):
            key = level.severity_of(self.rule.severity)
            start = known.get(key)
            if start is None and known and level is thresholds.levels[0]:
                start = min(
                    known.values()
                )  # the lowest level is always held with the others, unless levels were edited
            if measure is not None and (
                _reaches(measure.value, level.number, side)
                or (start is not None and self._kind.clear is not None and not self._beyond(measure.value, level, side))
            ):
                held[key] = start or tick
            elif higher is not None:
                held[key] = start or higher
            higher = held.get(key)
        return held

    def _beyond(self, value: float, level: Level, side: Side) -> bool:
        clear = self._kind.clear
        assert clear is not None
        bound = next((one for one in clear.levels if one.severity in {level.severity, None}), None)
        if bound is None:
            return True  # no `clear` for this severity: the level ends as soon as it is not reached
        return value < bound.number if side == "at_least" else value > bound.number

    def _begin(self, standing: Standing, tick: datetime) -> Standing:
        last = standing.last_began
        held_back = last is not None and tick - last < self.rule.throttle
        return msgspec.structs.replace(standing, began=tick, held_back=held_back, sent=None, revision=0)

    def _emit(
        self, standing: Standing, tick: datetime, level: Level, measure: Measure | None, out: Outcome
    ) -> Standing:
        """Send the change, unless throttle holds the state back or the schedule is closed."""
        severity = level.severity_of(self.rule.severity)
        if standing.held_back or severity == standing.sent:
            return standing
        if not self.rule.schedule.open(tick):
            out.dropped += standing.sent is None and standing.began == tick
            return standing
        first = standing.sent is None
        standing = msgspec.structs.replace(
            standing, sent=severity, revision=standing.revision + 1, last_began=standing.began
        )
        out.changes.append(self._change(standing, tick, "firing" if first else "updated", level.number, measure))
        if first and standing.began is not None:
            out.moments.append(Moment(standing.began.isoformat(), standing.began, self.facts.last_until(tick)))
        return standing

    def _end(self, standing: Standing, tick: datetime, measure: Measure | None, out: Outcome) -> Standing:
        if standing.sent is not None:
            resolved = msgspec.structs.replace(standing, revision=standing.revision + 1)
            out.changes.append(self._change(resolved, tick, "resolved", None, measure))
        return msgspec.structs.replace(standing, began=None, held_back=False, sent=None, revision=0)

    def _change(
        self,
        standing: Standing,
        tick: datetime,
        state: Literal["firing", "updated", "resolved"],
        threshold: float | None,
        measure: Measure | None,
    ) -> Change:
        assert standing.began is not None
        assert standing.sent is not None
        return Change(
            identity=standing.began.isoformat(),
            revision=standing.revision,
            state=state,
            severity=standing.sent,
            count=measure.count if measure else 0,
            value=measure.value if measure and math.isfinite(measure.value) else None,
            threshold=threshold,
            start=tick - self._kind.window,
            end=tick,
            starts_at=standing.began,
            updated_at=tick,
            ends_at=tick if state == "resolved" else None,
            evidence=tuple(self._kind.witnesses(self.facts, tick)[-MOST_EVIDENCE:]),
        )

    def _drop_marks(self, settled: datetime, out: Outcome) -> None:
        """Drop the marks before the stored watermark except the last; drop that too once it has no effect."""
        last = self.latest(_STANDING, settled)
        for mark in list(self.marks.values()):
            if mark.name == _STANDING and last is not None and mark.time < last.time:
                self.drop(mark, out)
        if last is None or len(self.facts) or len(self.marks) > 1 or not self._says_nothing(settled):
            return
        until = _DECODER.decode(last.data).until
        if until is None or self._outlived(until, settled):
            self.drop(last, out)

    def _outlived(self, until: datetime, settled: datetime) -> bool:
        """Whether a standing that still matters must have been written again by now."""
        return first_multiple(until, self._kind.every) < settled

    def _says_nothing(self, settled: datetime) -> bool:
        standing = self.standing
        idle = standing.began is None and not standing.since and not standing.learned
        return idle and (standing.last_began is None or settled - standing.last_began >= self.rule.throttle)


def _reaches(value: float, number: float, side: Side) -> bool:
    if side == "at_least":
        return value >= number
    return value <= number if side == "at_most" else value < number
