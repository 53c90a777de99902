"""``cardinality``: so many different values of a field within a window, or no more than so many.

```yaml
name: many-countries-on-sanctions
kind: cardinality
where: {theme: sanctions}
of: country
window: 24h
at_least: {warning: 10, critical: 30}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from detectors.alert import GroupValue, Severity
from detectors.events import EventKind, EventMachine, Judgement, reached
from detectors.facts import Fact, Facts
from detectors.keys import (
    QUARTER,
    Clear,
    CountAtLeastOrNone,
    CountAtMostOrNone,
    Every,
    For,
    GroupBy,
    Minimum,
    Of,
    Window,
)
from detectors.kind import kind
from detectors.log import Log
from detectors.machine import Machine
from detectors.rule import Rule
from detectors.states import one_side, wrong_sides
from detectors.tallies import Different
from detectors.thresholds import Thresholds
from detectors.ticks import Measure, Side, TickMachine


@kind("cardinality")
class Cardinality(EventKind, frozen=True, kw_only=True):
    """``at_least`` fires at once; ``at_most``, and ``at_least`` with ``for`` or ``clear``, are states."""

    window: Window
    of: Of
    at_least: CountAtLeastOrNone = None
    at_most: CountAtMostOrNone = None
    minimum: Minimum = 1
    group_by: GroupBy = ()
    every: Every = QUARTER
    for_: For = timedelta()
    clear: Clear = None

    def wrong(self) -> Iterator[tuple[str, str]]:
        return wrong_sides({"at_least": self.at_least, "at_most": self.at_most})

    def waits(self) -> bool:
        return self.at_most is not None or bool(self.for_) or self.clear is not None

    def throttle(self) -> timedelta:
        return timedelta() if self.waits() else self.window

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return TickMachine(rule, group, self) if self.waits() else EventMachine(rule, group, self)

    def levels(self) -> tuple[Side, Thresholds]:
        """For the machine of states."""
        return one_side(self.at_least, self.at_most)

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:  # noqa: ARG002
        """How many different values the window holds at ``tick``; None with fewer than ``minimum`` articles."""
        number = self._number(facts, tick)
        return None if number is None else Measure(number, number)

    def _number(self, facts: Facts, moment: datetime) -> int | None:
        start = moment - self.window
        if facts.count(start, moment) < self.minimum:
            return None
        return facts.window("values", lambda: Different(lambda fact: fact.values)).at(start, moment).number()

    def turning_points(self) -> tuple[timedelta, ...]:
        """A fact counts from when it comes until the window has passed it."""
        return timedelta(), self.window

    def log_age(self) -> timedelta | None:
        """How old the log must be: it does not matter."""
        return None

    def witnesses(self, facts: Facts, tick: datetime) -> list[Fact]:
        """What the window holds."""
        return facts.between(tick - self.window, tick)

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement | None:
        assert self.at_least is not None
        number = self._number(facts, moment)
        return None if number is None else reached(self.at_least, number, moment, severity)
