"""``together``: several conditions are all met within a window, in any order, by one or several articles.

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

from collections.abc import Iterator
from datetime import datetime

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.judgement import Judgement
from detectors.machines.step_kinds import AnyOrderKind, StepsKind
from detectors.model.alert import Severity
from detectors.rules.kind import kind


@kind("together")
class Together(AnyOrderKind, StepsKind, frozen=True, kw_only=True):
    """Fires when the window holds an article for each step; counts the articles that meet any step."""

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        return self.judge_steps(facts, moment, len(self.steps), severity)

    def turned(self, facts: Facts, fact: Fact) -> Iterator[tuple[datetime, datetime]]:
        return self.step_times(facts, len(self.steps)).turned(fact, self.window)
