"""``ratio``: the share of a window's articles that meet a condition.

```yaml
name: hostile-tone-on-the-president
kind: ratio
where: {official: {class: head_of_state, country: KAZ}}
count: {meta.tone: {lt: -3}}
window: 7d
at_least: 0.5
minimum: 20
```
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from detectors.conditions.nodes import EVERY_ARTICLE, Condition
from detectors.conditions.reader import CONDITION
from detectors.counting.counted import tally
from detectors.facts.fact import Fact
from detectors.facts.facts import MOST_FACTS, Facts
from detectors.facts.tallies import Filtered
from detectors.machines.state_kinds import EitherSideKind
from detectors.machines.ticks import Measure
from detectors.rules.keys import Distinct, Minimum
from detectors.rules.kind import Key, kind
from detectors.timeline.log import Log

COUNT, TO = 1, 2
"""The numbers of its two conditions among the steps of a fact."""


@kind("ratio")
class Ratio(EitherSideKind, frozen=True, kw_only=True):
    """Among the articles of ``where``: those that meet ``count`` divided by those that meet ``to`` (default: all)."""

    count: Annotated[Condition, Key(CONDITION, "the articles of `where` to count (numerator)")]
    to: Annotated[Condition, Key(CONDITION, "the articles of `where` to compare with (denominator); default: all")] = (
        EVERY_ARTICLE
    )
    minimum: Minimum = 10
    distinct: Distinct = "article"

    def count_unit(self) -> str:
        return self.distinct

    def number_range(self) -> tuple[float, float]:
        return 0, (1 if self.to == EVERY_ARTICLE else MOST_FACTS)

    def conditions(self) -> tuple[Condition, ...]:
        return self.count, self.to

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:  # noqa: ARG002
        """The share at ``tick``; None if no articles, or fewer than ``minimum``, meet ``to``."""
        whole = self._counted(facts, tick, TO)
        if whole < max(self.minimum, 1):
            return None
        part = self._counted(facts, tick, COUNT)
        return Measure(part / whole, part)

    def witnesses(self, facts: Facts, tick: datetime) -> list[Fact]:
        """The facts that met ``count``."""
        return [fact for fact in facts.between(tick - self.window, tick) if COUNT in fact.steps]

    def _counted(self, facts: Facts, tick: datetime, step: int) -> int:
        window = facts.window(
            (step, self.distinct), lambda: Filtered(lambda fact: step in fact.steps, tally(self.distinct, facts))
        )
        return window.at(tick - self.window, tick).number()
