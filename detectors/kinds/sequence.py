"""``sequence``: conditions that are met one after the other within a window, each by a later article.

```yaml
name: visit-announced-then-cancelled
kind: sequence
where: {country: {in: central_asia}}
steps:
  - {text: ['will visit', 'to visit']}
  - {text: ['cancel*', 'postpone*', 'called off']}
group_by: [country]
window: 30d
```
"""

from __future__ import annotations

from datetime import datetime

from detectors.alert import Severity
from detectors.events import Judgement
from detectors.facts import Fact, Facts
from detectors.kind import kind
from detectors.steps import MOST_EXACT, InOrder, StepsKind, standing_in_order


@kind("sequence")
class Sequenced(StepsKind, frozen=True, kw_only=True):
    """Fires when the window holds the steps in order; articles of equal times follow none of each other."""

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement | None:
        steps, opens = len(self.steps), moment - self.window
        window = facts.window("steps", lambda: InOrder(steps)).at(opens, moment)
        start, count = window.latest_start(), window.number()
        if start is None or start <= opens:
            return None
        if count <= MOST_EXACT:
            count = len({fact.article_id for fact in self.evidence(facts, moment)})
        return Judgement(moment=moment, severity=severity, count=count, base=steps)

    def evidence(self, facts: Facts, moment: datetime) -> list[Fact]:
        """The articles of whole sequences; those that only meet a step say nothing."""
        return standing_in_order(facts.between(moment - self.window, moment), len(self.steps))
