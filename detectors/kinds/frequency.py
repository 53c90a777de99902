"""``frequency``: at least N articles, stories or values within a window.

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

from collections.abc import Callable
from datetime import datetime
from functools import partial

from detectors.counting.counted import counted, newly_counted, tally
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.facts.tallies import Tally
from detectors.machines.judgement import Judgement, reached
from detectors.machines.state_kinds import CountKind
from detectors.machines.ticks import Measure, Side
from detectors.model.alert import Severity
from detectors.rules.keys import CountAtLeast, Distinct
from detectors.rules.kind import kind
from detectors.rules.thresholds import Thresholds
from detectors.timeline.log import Log


@kind("frequency")
class Frequency(CountKind, frozen=True, kw_only=True):
    """Fires as soon as the window holds ``at_least``; with ``for`` or ``clear`` a state, judged at each ``every``."""

    at_least: CountAtLeast
    distinct: Distinct = "article"

    def count_unit(self) -> str:
        return self.distinct

    def levels_counted(self) -> Thresholds:
        return self.at_least

    def levels(self) -> tuple[Side, Thresholds]:
        """The thresholds, and the side on which a value reaches them."""
        return "at_least", self.at_least

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure:  # noqa: ARG002
        """The count in the window at ``tick``."""
        count = self._count(facts, tick)
        return Measure(count, count)

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        return reached(self.at_least, self._count(facts, moment), moment, severity)

    def tallies(self, facts: Facts) -> Callable[[], Tally] | None:
        return None if self.distinct == "article" else partial(tally, self.distinct, facts)

    def grown(self, facts: Facts, fact: Fact) -> tuple[datetime, datetime]:
        return newly_counted(facts, fact, self.window, self.distinct)

    def _count(self, facts: Facts, moment: datetime) -> int:
        return counted(facts, moment - self.window, moment, self.distinct)
