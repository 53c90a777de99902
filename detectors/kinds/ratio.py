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

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from detectors.conditions.nodes import EVERY_ARTICLE, Condition
from detectors.conditions.reader import CONDITION
from detectors.counting import counted_of
from detectors.facts import Fact, Facts
from detectors.keys import Distinct, Minimum, NumberAtLeast, NumberAtMost
from detectors.kind import Key, kind
from detectors.log import Log
from detectors.states import StateKind, one_side, wrong_sides
from detectors.thresholds import Thresholds
from detectors.ticks import Measure, Side

COUNT, TO = 1, 2
"""The numbers of its two conditions among the steps of a fact."""


@kind("ratio")
class Ratio(StateKind, frozen=True, kw_only=True):
    """Of the articles of ``where``: those that meet ``count`` by those that meet ``to`` (all of them by default)."""

    count: Annotated[Condition, Key(CONDITION, "which of the articles of `where` are set in relation")]
    to: Annotated[Condition, Key(CONDITION, "to which of them; default: all")] = EVERY_ARTICLE
    at_least: NumberAtLeast = None
    at_most: NumberAtMost = None
    minimum: Minimum = 10
    distinct: Distinct = "article"

    def wrong(self) -> Iterator[tuple[str, str]]:
        return wrong_sides({"at_least": self.at_least, "at_most": self.at_most})

    def conditions(self) -> tuple[Condition, ...]:
        return self.count, self.to

    def levels(self) -> tuple[Side, Thresholds]:
        """For the machine of states."""
        return one_side(self.at_least, self.at_most)

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:  # noqa: ARG002
        """The share at ``tick``; None with fewer than ``minimum`` articles to compare with, or none."""
        there = facts.between(tick - self.window, tick)
        whole = counted_of([fact for fact in there if TO in fact.steps], self.distinct)
        if whole < max(self.minimum, 1):
            return None
        part = counted_of([fact for fact in there if COUNT in fact.steps], self.distinct)
        return Measure(part / whole, part)

    def witnesses(self, facts: Facts, tick: datetime) -> list[Fact]:
        """Those that met ``count``."""
        return [fact for fact in facts.between(tick - self.window, tick) if COUNT in fact.steps]
