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
from itertools import islice

from detectors.counting.sequences import Sequences
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.events import MOST_EVIDENCE
from detectors.machines.judgement import Judgement, not_met
from detectors.machines.step_kinds import StepsKind
from detectors.model.alert import Severity
from detectors.rules.kind import kind

MOST_EXACT = 200
"""Up to this many articles in a window, only those in complete sequences count; above it, all that met a step."""


@kind("sequence")
class Sequenced(StepsKind, frozen=True, kw_only=True):
    """Fires when the window holds the steps in order; articles with the same time do not follow one another."""

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        opens, sequences = moment - self.window, self._sequences(facts)
        start = sequences.latest_start(moment)
        if start is None or start <= opens:
            return not_met(moment, severity)
        count, again = facts.count(opens, moment), None
        if count <= MOST_EXACT:
            members = len({fact.article_id for fact in sequences.members(opens, moment)})
            count, again = members, members + MOST_EXACT + 1 - count
        return Judgement(moment=moment, severity=severity, count=count, base=len(self.steps), again=again)

    def grows(self, facts: Facts, fact: Fact) -> int:  # noqa: ARG002
        return self._sequences(facts).grown

    def turned(self, facts: Facts, fact: Fact) -> Iterator[tuple[datetime, datetime]]:  # noqa: ARG002
        turned = self._sequences(facts).turned
        if turned is not None:
            yield turned

    def evidence(self, facts: Facts, moment: datetime) -> list[Fact]:
        """The last articles of complete sequences; articles that only meet a step are no evidence."""
        members = self._sequences(facts).members(moment - self.window, moment)
        return list(islice(members, MOST_EVIDENCE))[::-1]

    def _sequences(self, facts: Facts) -> Sequences:
        return facts.follow("sequences", lambda: Sequences(facts, len(self.steps)))
