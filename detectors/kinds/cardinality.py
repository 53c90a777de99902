"""``cardinality``: at least, or at most, N different values of a field within a window.

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

from datetime import datetime

from detectors.facts.fact import Fact
from detectors.facts.facts import MOST_FACTS, Facts
from detectors.facts.tallies import Different
from detectors.machines.judgement import Judgement, not_met, reached
from detectors.machines.state_kinds import CountKind, EitherSideKind
from detectors.machines.ticks import Measure
from detectors.model.alert import Severity
from detectors.rules.keys import CountAtLeastOrNone, CountAtMostOrNone, Minimum, Of
from detectors.rules.kind import kind
from detectors.rules.thresholds import Thresholds
from detectors.timeline.log import Log
from detectors.vocabulary import shipped_vocabulary


@kind("cardinality")
class Cardinality(CountKind, EitherSideKind, frozen=True, kw_only=True):
    """``at_least`` fires at once; ``at_most``, and ``at_least`` with ``for`` or ``clear``, are states."""

    of: Of
    at_least: CountAtLeastOrNone = None
    at_most: CountAtMostOrNone = None
    minimum: Minimum = 1

    def value_field(self) -> str:
        return self.of

    def levels_counted(self) -> Thresholds | None:
        return self.at_least

    def number_range(self) -> tuple[float, float]:
        vocabulary = shipped_vocabulary()
        closed = {
            "theme": len(vocabulary.themes) - ("none" in vocabulary.themes),
            "official.class": len(vocabulary.role_classes),
        }
        return 0, closed.get(self.of, MOST_FACTS)

    def waits_for_watermark(self) -> bool:
        return self.at_most is not None or super().waits_for_watermark()

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:  # noqa: ARG002
        """The number of different values in the window at ``tick``; None with fewer than ``minimum`` articles."""
        if facts.count(tick - self.window, tick) < self.minimum:
            return None
        number = self._different(facts, tick)
        return Measure(number, number)

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        assert self.at_least is not None
        articles = facts.count(moment - self.window, moment)
        if articles < self.minimum:
            return not_met(moment, severity, articles, self.minimum)
        return reached(self.at_least, self._different(facts, moment), moment, severity)

    def grows(self, facts: Facts, fact: Fact) -> int:  # noqa: ARG002
        return max(1, len(fact.values))

    def _different(self, facts: Facts, moment: datetime) -> int:
        start = moment - self.window
        return facts.window("values", lambda: Different(lambda fact: fact.values)).at(start, moment).number()
