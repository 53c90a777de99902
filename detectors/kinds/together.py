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
from detectors.events import Judgement
from detectors.facts import Facts
from detectors.kind import kind
from detectors.steps import StepsKind, judge_any_order


@kind("together")
class Together(StepsKind, frozen=True, kw_only=True):
    """Fires when the window holds an article for each step; it counts the articles that meet any of them."""

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement | None:
        return judge_any_order(facts, moment - self.window, moment, len(self.steps), severity)
