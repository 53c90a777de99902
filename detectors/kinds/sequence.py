"""``sequence``: conditions met one after the other within a window, each by a later article.

```yaml
name: visit-announced-then-called-off
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

from collections.abc import Iterator
from datetime import datetime

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.judgement import Judgement
from detectors.machines.ordered_steps import evidence_in_order, judge_in_order, sequences_of
from detectors.machines.step_kinds import StepsKind
from detectors.model.alert import Severity
from detectors.rules.kind import kind


@kind("sequence")
class Sequenced(StepsKind, frozen=True, kw_only=True):
    """Fires when the window holds the steps in order; articles with the same time do not follow one another."""

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        return judge_in_order(facts, moment, self.window, len(self.steps), severity)

    def grows(self, facts: Facts, fact: Fact) -> int:  # noqa: ARG002
        return sequences_of(facts, len(self.steps)).grown

    def turned(self, facts: Facts, fact: Fact) -> Iterator[tuple[datetime, datetime]]:  # noqa: ARG002
        turned = sequences_of(facts, len(self.steps)).turned
        if turned is not None:
            yield turned

    def evidence(self, facts: Facts, moment: datetime) -> list[Fact]:
        return evidence_in_order(facts, moment, self.window, len(self.steps))
