"""``together``: each of several conditions is met within a window, in any order, by one or several articles.

```yaml
name: sanctions-and-protests
kind: together
where: {country: {in: central_asia, salience: main}}
steps:
  - {theme: sanctions}
  - {theme: protest_unrest}
group_by: [country]
window: 48h
```
"""

from __future__ import annotations

from datetime import datetime

from detectors.alert import Severity
from detectors.conditions.nodes import Condition
from detectors.events import EventKind, Judgement
from detectors.facts import Facts
from detectors.keys import GroupBy, Steps, Window
from detectors.kind import kind
from detectors.steps import AnyOrder


@kind("together")
class Together(EventKind, frozen=True, kw_only=True):
    """Fires when the window holds an article for each step; it counts the articles that meet any of them."""

    steps: Steps
    window: Window
    group_by: GroupBy = ()

    def conditions(self) -> tuple[Condition, ...]:
        return self.steps

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement | None:
        met = facts.window("steps", lambda: AnyOrder(len(self.steps))).at(moment - self.window, moment)
        count = met.number()
        return Judgement(moment=moment, severity=severity, count=count, base=met.fewest) if count else None
