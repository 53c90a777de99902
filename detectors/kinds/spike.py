"""``spike``: many more, or many fewer, articles in a window than the time before it suggests.

```yaml
name: kyrgyzstan-surge
kind: spike
where: {country: KGZ}
window: 6h
reference: 7d
factor: {warning: 3, critical: 8}
at_least: 5
```
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from statistics import median
from typing import Annotated, ClassVar

from detectors.facts.facts import Facts
from detectors.machines.state_kinds import StateKind
from detectors.machines.ticks import Measure, Side
from detectors.model.event_time import INSTANT
from detectors.reading.durations import format_duration
from detectors.reading.readers import Choice, Duration, Number
from detectors.rules.kind import Key, kind
from detectors.rules.thresholds import ThresholdReader, Thresholds
from detectors.timeline.log import Log

PERIODS = {"weekday": timedelta(days=7), "hour": timedelta(days=1)}
_PERIODS = 4
UP, DOWN, BOTH = "up", "down", "both"


@kind("spike")
class Spike(StateKind, frozen=True, kw_only=True):
    """The expected count is the count in the ``reference`` before the window, times window / reference.

    With ``same`` instead of ``reference``: the median of the counts in the same window one, two, ... ``periods`` weeks
    (``weekday``) or days (``hour``) earlier, so that weekends and single holidays are no surprise.

    Up: the count is at least ``at_least`` and ``factor`` times the expected count, which may be 0. Down: the expected
    count is at least ``at_least`` and ``factor`` times the count. Silent until the log covers all of it.
    """

    NEEDS_LOG: ClassVar[bool] = True
    ONE_OF = ("reference", "same")
    SOMETIMES: ClassVar[frozenset[str]] = frozenset({"value"})

    reference: Annotated[
        timedelta | None, Key(Duration(), "the stretch before the window that gives the expected count")
    ] = None
    same: Annotated[
        str,
        Key(
            Choice(tuple(PERIODS), "period"),
            "instead of `reference`: compare with the same window of earlier weeks (weekday) or days (hour)",
            later=True,
        ),
    ] = ""
    periods: Annotated[
        int,
        Key(
            Number(least=1, most=52, whole=True),
            "how many weeks or days to take the median of; default: 4",
            later=True,
        ),
    ] = _PERIODS
    factor: Annotated[
        Thresholds,
        Key(ThresholdReader(Number(above=0)), "the multiple of the expected count, or one by severity", harmless=True),
    ]
    direction: Annotated[str, Key(Choice((UP, DOWN, BOTH), "direction"), "up (default), down or both")] = UP
    at_least: Annotated[
        int,
        Key(
            Number(least=1, whole=True),
            "minimum number of articles found (up) or expected (down)",
            harmless=True,
        ),
    ] = 1

    def levels(self) -> tuple[Side, Thresholds]:
        """The thresholds, and the side on which a value reaches them."""
        return "at_least", self.factor

    def wrong(self) -> Iterator[tuple[str, str]]:
        if not self.same and self.reference is None:
            yield "reference", "one of the keys 'reference' or 'same' is missing"
        if self.same and self.reference is not None:
            yield "same", "expected 'reference' or 'same', found both"
        if not self.same and self.periods != _PERIODS:
            yield "periods", "'periods' goes with 'same'"
        if self.same and self.window > PERIODS[self.same]:
            yield "window", f"expected at most {format_duration(PERIODS[self.same])}, since it is compared with such"

    def turning_points(self) -> tuple[timedelta, ...]:
        """When a fact enters the window, passes into what it is compared with, and leaves that."""
        if self.reference is not None:
            return timedelta(), self.window, self.window + self.reference
        ages = (number * PERIODS[self.same] for number in range(self.periods + 1))
        return tuple(point for age in ages for point in (age, age + self.window))

    def log_age(self) -> timedelta:
        """The minimum age of the log before anything is judged."""
        return max(self.turning_points())

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:
        """The factor between the count and the expected count; None if there is nothing to compare."""
        if not log.older_than(self.log_age(), tick):
            return None
        count = facts.count(tick - self.window, tick)
        expected = self._expected(facts, tick)
        times = []
        if self.direction != DOWN and count >= self.at_least:
            times.append(float(count / expected) if expected else math.inf)
        if self.direction != UP and expected >= self.at_least:
            times.append(float(expected / count) if count else math.inf)
        return Measure(max(times), count) if times else None

    def _expected(self, facts: Facts, tick: datetime) -> Fraction:
        """The expected count, exactly: so that the comparison equals what an analyst computes by hand."""
        start = tick - self.window
        if self.reference is not None:
            before = facts.count(start - self.reference, start)
            return Fraction(before * (self.window // INSTANT), self.reference // INSTANT)
        step = PERIODS[self.same]
        counts = (facts.count(start - number * step, tick - number * step) for number in range(1, self.periods + 1))
        return Fraction(median(map(Fraction, counts)))
