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
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from detectors.facts.facts import Facts
from detectors.machines.state_kinds import StateKind
from detectors.machines.ticks import Measure, Side
from detectors.model.event_time import INSTANT
from detectors.reading.readers import Choice, Duration, Number
from detectors.rules.kind import Key, kind
from detectors.rules.thresholds import ThresholdReader, Thresholds
from detectors.timeline.log import Log

UP, DOWN, BOTH = "up", "down", "both"


@kind("spike")
class Spike(StateKind, frozen=True, kw_only=True):
    """The expected count is the count in the ``reference`` before the window, times window / reference.

    Up: the count is at least ``at_least`` and ``factor`` times the expected count, which may be 0. Down: the expected
    count is at least ``at_least`` and ``factor`` times the count. Silent until the log covers window + reference.
    """

    NEEDS_LOG: ClassVar[bool] = True
    SOMETIMES: ClassVar[frozenset[str]] = frozenset({"value"})

    reference: Annotated[timedelta, Key(Duration(), "the stretch before the window that gives the expected count")]
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

    def turning_points(self) -> tuple[timedelta, ...]:
        """When a fact enters the window, passes into the reference, and leaves it."""
        return timedelta(), self.window, self.window + self.reference

    def log_age(self) -> timedelta:
        """The minimum age of the log before anything is judged."""
        return self.window + self.reference

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:
        """The factor between the count and the expected count; None if there is nothing to compare."""
        if not log.older_than(self.log_age(), tick):
            return None
        start = tick - self.window
        count, before = facts.count(start, tick), facts.count(start - self.reference, start)
        # whole numbers, so that the comparison equals what an analyst computes by hand
        found, expected = count * (self.reference // INSTANT), before * (self.window // INSTANT)
        times = []
        if self.direction != DOWN and count >= self.at_least:
            times.append(found / expected if expected else math.inf)
        if self.direction != UP and expected >= self.at_least * (self.reference // INSTANT):
            times.append(expected / found if found else math.inf)
        return Measure(max(times), count) if times else None
