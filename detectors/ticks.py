"""States that are judged at every multiple of ``every`` when the watermark has passed it.

One alert from firing over updated (the severity changed) to resolved (no longer true), with ``for``, ``clear``,
``throttle`` and ``schedule``. Its id has the time at which it became true: the first of the times at which the level
had been held for ``for``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from detectors.alert import GroupValue, Severity
from detectors.events import MOST_EVIDENCE
from detectors.facts import Fact, Facts
from detectors.intervals import first_multiple
from detectors.log import Log
from detectors.machine import Change, Machine, Mark, Moment, Outcome
from detectors.rule import Rule
from detectors.thresholds import Level, Thresholds

Side = Literal["at_least", "at_most", "below"]
_INSTANT = timedelta(microseconds=1)


class Measure(msgspec.Struct, frozen=True):
    """What a kind finds at one time: the ``value`` that thresholds are asked of, and the ``count`` of the record."""

    value: float
    count: int


class Ticked(Protocol):
    """What the machine asks of a kind; the kind's own keys and four methods."""

    @property
    def every(self) -> timedelta: ...
    @property
    def for_(self) -> timedelta: ...
    @property
    def clear(self) -> Thresholds | None: ...

    def levels(self) -> tuple[Side, Thresholds]:
        """The thresholds, and the side on which a value reaches them."""

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:
        """What is found at ``tick``; None where nothing is to be judged (too few articles, too young a log)."""

    def turning_points(self) -> tuple[timedelta, ...]:
        """How long after a fact the measure may change because of it: nothing (it comes), the window (it goes), ..."""

    def witnesses(self, facts: Facts, tick: datetime) -> list[Fact]:
        """The facts to show as evidence."""


class _Standing(msgspec.Struct, frozen=True, array_like=True):
    """How a group stands after a tick: everything that later ticks need to know of earlier ones."""

    since: tuple[datetime | None, ...]  # for each level: since when it has been held at each tick
    began: datetime | None = None  # when the present state became true
    last_began: datetime | None = None  # when the last alert began that throttle did not drop
    held_back: bool = False  # dropped by throttle
    sent: Severity | None = None  # the severity last sent
    revision: int = 0


_DECODER = msgspec.msgpack.Decoder(_Standing)
_STANDING = "standing"


class TickMachine(Machine):
    """Judges the ticks at which something may have changed, in order; between them nothing changes."""

    __slots__ = ("_judged", "_kind", "_now", "_standing")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: Ticked) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._judged: datetime | None = None
        self._standing = _Standing((None,) * len(kind.levels()[1].levels))
        self._now: tuple[datetime, Measure | None] | None = None

    def restore(self, facts: list[Fact], marks: list[Mark], settled: datetime | None) -> None:  # type: ignore[override]
        super().restore(facts, marks, settled)
        if settled is None:
            return
        self._judged = first_multiple(settled, self._kind.every) - self._kind.every
        mark = self.latest(_STANDING, settled)
        if mark is not None:
            standing = _DECODER.decode(mark.data)
            if len(standing.since) == len(self._standing.since):  # else the thresholds were edited meanwhile
                self._standing = standing

    def rules_changed(self, rule: Rule) -> None:
        super().rules_changed(rule)
        self._kind = rule.kind  # type: ignore[assignment]
        levels = len(self._kind.levels()[1].levels)
        if levels != len(self._standing.since):
            self._standing = msgspec.structs.replace(self._standing, since=(None,) * levels)

    def observe(self, fact: Fact, out: Outcome) -> None:  # noqa: ARG002 - nothing follows before the watermark
        self.facts.add(fact)

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:
        while (tick := self._next_tick()) is not None and tick < now:
            self._tick(tick, log, out)
            self._judged = tick
        self._drop_marks(settled, out)
        self.prune(settled - self._kind.every - max(self._kind.turning_points()) - _INSTANT, out)

    def due(self) -> datetime | None:
        first = self.facts.first
        tick = self._next_tick()
        if first is None:
            if tick is None and self.marks:  # only to be dropped, once throttle asks of them no more
                return max(mark.time for mark in self.marks.values()) + self.rule.throttle
            return tick
        goes = first.time + self._kind.every + max(self._kind.turning_points()) + 2 * _INSTANT
        return goes if tick is None else min(tick, goes)

    def _next_tick(self) -> datetime | None:
        """The next tick at which the measure, ``for`` or the schedule may bring something new."""
        every = self._kind.every
        first = self.facts.first
        if self._judged is None:
            return None if first is None else first_multiple(first.time, every)
        after = self._judged
        moments = [
            fact.time + point
            for point in self._kind.turning_points()
            if (fact := self.facts.next_after(after - point)) is not None
        ]
        standing = self._standing
        moments += [since + self._kind.for_ for since in standing.since if since is not None]
        if standing.began is not None and not self.rule.schedule.open(after):
            opening = self.rule.schedule.next_opening(after)
            if opening is not None:
                moments.append(opening)
        later = [moment for moment in moments if moment > after]
        return first_multiple(min(later), every) if later else None

    def _tick(self, tick: datetime, log: Log, out: Outcome) -> None:
        measure = self._kind.measure(self.facts, tick, log)
        since = self._held(tick, measure)
        before = self._standing
        _, thresholds = self._kind.levels()
        active = max(
            (i for i, start in enumerate(since) if start is not None and tick - start >= self._kind.for_), default=None
        )
        after = msgspec.structs.replace(before, since=since)
        if active is None:
            if before.began is not None:
                after = self._end(after, tick, measure, out)
        else:
            level = thresholds.levels[active]
            if before.began is None:
                after = self._begin(after, tick)
                if not after.held_back:
                    out.moments.append(Moment(tick.isoformat(), tick, self.facts.last_until(tick)))
            after = self._tell(after, tick, level, measure, out)
        if after != before:
            self._standing = after
            self.put(Mark(name=_STANDING, time=tick, data=msgspec.msgpack.encode(after)), out)

    def _held(self, tick: datetime, measure: Measure | None) -> tuple[datetime | None, ...]:
        """For each level since when it has been held: reached, or reached before and not left."""
        side, thresholds = self._kind.levels()
        held = []
        for index, (level, start) in enumerate(zip(thresholds.levels, self._standing.since, strict=True)):
            del index
            if measure is None:
                holds = False
            else:
                holds = _reaches(measure.value, level.number, side) or (
                    start is not None and self._kind.clear is not None and not self._beyond(measure.value, level, side)
                )
            held.append((start or tick) if holds else None)
        # a level is held wherever a higher one is
        for index in range(len(held) - 2, -1, -1):
            higher = held[index + 1]
            if higher is not None and held[index] is None:
                held[index] = self._standing.since[index] or higher
        return tuple(held)

    def _beyond(self, value: float, level: Level, side: Side) -> bool:
        clear = self._kind.clear
        assert clear is not None
        bound = next((one for one in clear.levels if one.severity in {level.severity, None}), None)
        if bound is None:
            return True  # no `clear` for this severity: it is left as soon as it is not reached
        return value < bound.number if side == "at_least" else value > bound.number

    def _begin(self, standing: _Standing, tick: datetime) -> _Standing:
        last = standing.last_began
        held_back = last is not None and tick - last < self.rule.throttle
        return msgspec.structs.replace(
            standing, began=tick, held_back=held_back, last_began=last if held_back else tick, sent=None, revision=0
        )

    def _tell(
        self, standing: _Standing, tick: datetime, level: Level, measure: Measure | None, out: Outcome
    ) -> _Standing:
        """Send what has changed, unless throttle holds the state back or the schedule is closed."""
        severity = level.severity_of(self.rule.severity)
        if standing.held_back or severity == standing.sent:
            return standing
        if not self.rule.schedule.open(tick):
            out.dropped += standing.sent is None and standing.began == tick
            return standing
        first = standing.sent is None
        standing = msgspec.structs.replace(standing, sent=severity, revision=standing.revision + 1)
        out.changes.append(self._change(standing, tick, "firing" if first else "updated", level.number, measure))
        return standing

    def _end(self, standing: _Standing, tick: datetime, measure: Measure | None, out: Outcome) -> _Standing:
        if standing.sent is not None:
            told = msgspec.structs.replace(standing, revision=standing.revision + 1)
            out.changes.append(self._change(told, tick, "resolved", None, measure))
        return msgspec.structs.replace(standing, began=None, held_back=False, sent=None, revision=0)

    def _change(
        self,
        standing: _Standing,
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
            value=measure.value if measure else None,
            threshold=threshold,
            start=tick - self._kind.turning_points()[1],
            end=tick,
            starts_at=standing.began,
            updated_at=tick,
            ends_at=tick if state == "resolved" else None,
            evidence=tuple(self._kind.witnesses(self.facts, tick)[-MOST_EVIDENCE:]),
        )

    def _drop_marks(self, settled: datetime, out: Outcome) -> None:
        """Of the marks before the stored watermark only the last is asked for again; and not if it says nothing."""
        last = self.latest(_STANDING, settled)
        for mark in list(self.marks.values()):
            if mark.name == _STANDING and last is not None and mark.time < last.time:
                self.drop(mark, out)
        if last is not None and not len(self.facts) and len(self.marks) == 1 and self._says_nothing(settled):
            self.drop(last, out)

    def _says_nothing(self, settled: datetime) -> bool:
        standing = self._standing
        idle = standing.began is None and not any(standing.since)
        return idle and (standing.last_began is None or settled - standing.last_began >= self.rule.throttle)


def _reaches(value: float, number: float, side: Side) -> bool:
    if side == "at_least":
        return value >= number
    return value <= number if side == "at_most" else value < number
