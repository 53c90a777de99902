"""``frequency``: at least, or at most, N articles, stories or values within a window.

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

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from detectors.counting.counted import counted, newly_counted, tally
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.facts.tallies import Tally
from detectors.machines.judgement import Judgement, reached
from detectors.machines.state_kinds import CountKind, EitherSideKind
from detectors.machines.ticks import Measure
from detectors.model.alert import Severity
from detectors.rules.keys import CountAtLeastOrNone, CountAtMostOrNone, Distinct, Minimum
from detectors.rules.kind import kind
from detectors.rules.thresholds import Thresholds
from detectors.timeline.log import Log


@kind("frequency")
class Frequency(CountKind, EitherSideKind, frozen=True, kw_only=True):
    """Fires as soon as the window holds ``at_least``; with ``for`` or ``clear`` a state, judged at each ``every``.

    ``at_most`` is a state: something was seen, from ``minimum`` to ``at_most`` of it.
    """

    at_least: CountAtLeastOrNone = None
    at_most: CountAtMostOrNone = None
    minimum: Minimum = 1
    distinct: Distinct = "article"

    def wrong(self) -> Iterator[tuple[str, str]]:
        yield from super().wrong()
        if self.minimum < 1:
            yield "minimum", "expected at least 1: silence is told by the kind flatline"
        elif self.minimum > 1 and self.at_most is None:
            yield "minimum", "'minimum' goes with 'at_most': the count lies from 'minimum' to 'at_most'"
        elif self.at_most is not None and self.at_most.most < self.minimum:
            yield "at_most", f"expected at least 'minimum' ({self.minimum}), found {self.at_most.most:g}"

    def count_unit(self) -> str:
        return self.distinct

    def levels_counted(self) -> Thresholds | None:
        return self.at_least

    def waits_for_watermark(self) -> bool:
        return self.at_most is not None or super().waits_for_watermark()

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:  # noqa: ARG002
        """The count in the window at ``tick``; None for ``at_most`` with fewer than ``minimum``."""
        count = self._count(facts, tick)
        return None if self.at_most is not None and count < self.minimum else Measure(count, count)

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        assert self.at_least is not None
        return reached(self.at_least, self._count(facts, moment), moment, severity)

    def tallies(self, facts: Facts) -> Callable[[], Tally] | None:
        return None if self.distinct == "article" else partial(tally, self.distinct, facts)

    def grown(self, facts: Facts, fact: Fact) -> tuple[datetime, datetime]:
        return newly_counted(facts, fact, self.window, self.distinct)

    def _count(self, facts: Facts, moment: datetime) -> int:
        return counted(facts, moment - self.window, moment, self.distinct)
