"""``frequency``: at least so many articles, stories or values within a window.

```yaml
name: counterterrorism-surge
kind: frequency
where: {theme: counterterrorism, country: {in: central_asia}}
group_by: [country]
window: 24h
distinct: story
at_least: {warning: 5, critical: 20}
```
"""

from __future__ import annotations

from datetime import datetime

from detectors.alert import Severity
from detectors.counting import counted
from detectors.events import EventKind, Judgement, reached
from detectors.facts import Facts
from detectors.keys import CountAtLeast, Distinct, GroupBy, Window
from detectors.kind import kind


@kind("frequency")
class Frequency(EventKind, frozen=True, kw_only=True):
    """Fires when the window holds that many."""

    window: Window
    at_least: CountAtLeast
    group_by: GroupBy = ()
    distinct: Distinct = "article"

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement | None:
        count = counted(facts, moment - self.window, moment, self.distinct)
        return reached(self.at_least, count, moment, severity)
