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
from datetime import datetime, timedelta
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
"""Up to this many facts in a window, only those in complete sequences count; above it, all that met a step."""


def sequences_of(facts: Facts, steps: int) -> Sequences:
    """The complete sequences of ``steps`` steps among the facts, kept up to date."""
    return facts.follow("sequences", lambda: Sequences(facts, steps))


def judge_in_order(facts: Facts, moment: datetime, window: timedelta, steps: int, severity: Severity) -> Judgement:
    """Judge whether the window until ``moment`` holds a fact for each step, each later than the one before."""
    opens, sequences = moment - window, sequences_of(facts, steps)
    start = sequences.latest_start(moment)
    if start is None or start <= opens:
        return not_met(moment, severity)
    count, again = facts.count(opens, moment), None
    if count <= MOST_EXACT:
        members = len({fact.article_id for fact in sequences.members(opens, moment)})
        count, again = members, members + MOST_EXACT + 1 - count
    return Judgement(moment=moment, severity=severity, count=count, base=steps, again=again)


def evidence_in_order(facts: Facts, moment: datetime, window: timedelta, steps: int) -> list[Fact]:
    """The last facts of complete sequences; facts that only meet a step are no evidence."""
    members = sequences_of(facts, steps).members(moment - window, moment)
    return list(islice(members, MOST_EVIDENCE))[::-1]


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
