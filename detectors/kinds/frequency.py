"""``frequency``: at least so many articles, stories or values within a window.

```yaml
name: counterterrorism-surge
kind: frequency
where: {theme: counterterrorism, country: {in: central_asia}}
group_by: [country]
window: 24h
distinct: story
at_least: {warning: 5, critical: 20}
```
"""

from __future__ import annotations

from datetime import datetime, timedelta

from detectors.alert import GroupValue, Severity
from detectors.counting import counted
from detectors.events import EventKind, EventMachine, Judgement, reached
from detectors.facts import Fact, Facts
from detectors.keys import QUARTER, Clear, CountAtLeast, Distinct, Every, For, GroupBy, Window
from detectors.kind import kind
from detectors.log import Log
from detectors.machine import Machine
from detectors.rule import Rule
from detectors.thresholds import Thresholds
from detectors.ticks import Measure, Side, TickMachine


@kind("frequency")
class Frequency(EventKind, frozen=True, kw_only=True):
    """Fires when the window holds that many: at once; with ``for`` or ``clear`` as a state, at each ``every``."""

    COUNTS_UP = True

    window: Window
    at_least: CountAtLeast
    group_by: GroupBy = ()
    distinct: Distinct = "article"
    every: Every = QUARTER
    for_: For = timedelta()
    clear: Clear = None

    def waits(self) -> bool:
        return bool(self.for_) or self.clear is not None

    def throttle(self) -> timedelta:
        return timedelta() if self.waits() else self.window

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return TickMachine(rule, group, self) if self.waits() else EventMachine(rule, group, self)

    def levels(self) -> tuple[Side, Thresholds]:
        """For the machine of states."""
        return "at_least", self.at_least

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure:  # noqa: ARG002
        """How many the window holds at ``tick``."""
        count = counted(facts, tick - self.window, tick, self.distinct)
        return Measure(count, count)

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
        count = counted(facts, moment - self.window, moment, self.distinct)
        return reached(self.at_least, count, moment, severity)
