"""``corroborated``: independent articles, from different outlets and no copies, report the same within a window.

```yaml
name: coup-reported
kind: corroborated
where: {text: [coup, 'coup attempt', 'seized power'], country: {in: central_asia, salience: main}}
group_by: [country]
window: 6h
at_least: {warning: 2, critical: 3}
```
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from detectors.counting.counted import stories
from detectors.counting.stories import Stories
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.events import MOST_EVIDENCE, EventKind
from detectors.machines.judgement import Judgement, reached
from detectors.model.alert import Severity
from detectors.rules.keys import CountAtLeast, DistinctReader
from detectors.rules.kind import Key, kind
from detectors.rules.thresholds import Thresholds


@kind("corroborated")
class Corroborated(EventKind, frozen=True, kw_only=True):
    """Fires on ``at_least`` articles of which no two are copies or share the value of ``distinct``.

    Articles without such a value do not count: nobody knows that they are independent.
    """

    at_least: CountAtLeast
    distinct: Annotated[
        str, Key(DistinctReader("source", "language"), "no two of the articles share its value; default: source")
    ] = "source"

    def count_unit(self) -> str:
        return self.distinct

    def counts_known_alone(self) -> bool:
        return True

    def levels_counted(self) -> Thresholds:
        return self.at_least

    def tallies(self, facts: Facts) -> Callable[[], Stories]:
        return partial(stories, facts, once_each=True)

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        independent = self._independent(facts, moment)
        at_most = independent.at_most()
        if at_most < self.at_least.least:
            return reached(self.at_least, at_most, moment, severity)
        return reached(self.at_least, independent.number(), moment, severity)

    def evidence(self, facts: Facts, moment: datetime) -> list[Fact]:
        """The chosen articles."""
        return self._independent(facts, moment).picked()[-MOST_EVIDENCE:]

    def _independent(self, facts: Facts, moment: datetime) -> Stories:
        window = facts.window("independent", self.tallies(facts))
        return window.at(moment - self.window, moment)
