"""``match``: an article meets the condition. Alerts once per article, story, or value of a field.

```yaml
name: us-raises-human-rights
kind: match
where:
  sentence: {official: {class: foreign_minister, country: USA}, theme: human_rights}
once_per: story
```
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from detectors.counting.counted import tally
from detectors.counting.intervals import Intervals
from detectors.facts.fact import Fact
from detectors.facts.tallies import Filtered, Tally
from detectors.machines.events import MOST_EVIDENCE
from detectors.machines.judgement import revision
from detectors.model.alert import GroupValue
from detectors.model.event_time import INSTANT
from detectors.rules.groups import GroupByReader
from detectors.rules.keys import GROUP, SKIP, Missing
from detectors.rules.kind import DAY, Key, Kind, kind
from detectors.rules.machine import Change, Machine, Moment, Outcome
from detectors.rules.rule import Rule
from detectors.timeline.intervals import interval_start
from detectors.timeline.log import Log

ARTICLE, STORY = "article", "story"


@kind("match")
class Match(Kind, frozen=True, kw_only=True):
    """Fires on an article; ``once_per`` limits how often."""

    TAKES_LATE = True
    GROUP_KEY = "once_per"

    once_per: Annotated[
        tuple[str, ...],
        Key(
            GroupByReader(ARTICLE, STORY),
            "one alert for each: article (default), story, value of a field, or combination of these; "
            "all but article: in each interval of `throttle` (24h)",
        ),
    ] = (ARTICLE,)
    missing: Missing = SKIP

    def groups_missing(self) -> bool:
        return self.missing == GROUP

    def group_fields(self) -> tuple[str, ...]:
        return tuple(field for field in self.once_per if field not in {ARTICLE, STORY})

    def stateless(self) -> bool:
        return ARTICLE in self.once_per or not self.once_per

    def count_unit(self) -> str:
        return STORY if STORY in self.once_per else ARTICLE

    def throttle(self) -> timedelta:
        return DAY

    def article_alert(self, rule: Rule, fact: Fact) -> Change:
        """The alert of an article: its id is made of rule and article."""
        return Change(
            identity=f"article {fact.article_id}",
            revision=1,
            state="firing",
            severity=rule.severity,
            count=1,
            starts_at=fact.time,
            updated_at=fact.time,
            evidence=(fact,),
        )

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return _StoryMachine(rule, group) if STORY in self.once_per else _IntervalMachine(rule, group)


class _IntervalMachine(Machine):
    """One alert for each interval that holds an article."""

    __slots__ = ()
    _COUNTS = ARTICLE

    def observe(self, fact: Fact, out: Outcome) -> None:
        if not self.rule.schedule.open(fact.time):
            self.facts.add(fact)
            out.dropped += 1
            return
        start = interval_start(fact.time, self.rule.throttle)
        before = self._counted(start)
        self.facts.add(fact)
        self._emit(start, fact, before, self._counted(start), out)

    def _emit(self, start: datetime, fact: Fact, before: int, after: int, out: Outcome) -> None:
        """Report what follows when a fact has raised the count of its interval."""
        out.moments.append(Moment(start.isoformat(), fact.time, fact))
        if not before or revision(after) > revision(before):
            facts = self._open(start)
            out.changes.append(
                Change(
                    identity=start.isoformat(),
                    revision=revision(after),
                    state="updated" if before else "firing",
                    severity=self.rule.severity,
                    count=after,
                    starts_at=facts[0].time,
                    updated_at=facts[-1].time,
                    ends_at=start + self.rule.throttle,
                    evidence=tuple(facts[-MOST_EVIDENCE:]),
                )
            )

    def _open(self, start: datetime) -> list[Fact]:
        facts = self.facts.since(start, start + self.rule.throttle)
        return [fact for fact in facts if self.rule.schedule.open(fact.time)]

    def _counted(self, start: datetime) -> int:
        """The number of articles or stories in the interval, within the schedule."""
        schedule, facts, length = self.rule.schedule, self.facts, self.rule.throttle

        def make() -> Tally:
            return Filtered(lambda fact: schedule.open(fact.time), tally(self._COUNTS, facts))

        return facts.follow("intervals", lambda: Intervals(facts, length, make)).number(start)

    def rules_changed(self, rule: Rule) -> None:
        super().rules_changed(rule)
        self.facts.forget_windows()

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:  # noqa: ARG002
        self.prune(interval_start(settled, self.rule.throttle) - INSTANT, out)

    def due(self) -> datetime | None:
        first = self.facts.first
        return None if first is None else interval_start(first.time, self.rule.throttle) + self.rule.throttle


class _StoryMachine(_IntervalMachine):
    """One numbered alert for each story in an interval."""

    __slots__ = ()
    _COUNTS = STORY

    def _emit(self, start: datetime, fact: Fact, before: int, after: int, out: Outcome) -> None:
        for number in range(before + 1, after + 1):
            identity = f"{start.isoformat()} {number}"
            out.moments.append(Moment(identity, fact.time, fact))
            out.changes.append(
                Change(
                    identity=identity,
                    revision=1,
                    state="firing",
                    severity=self.rule.severity,
                    count=1,
                    starts_at=fact.time,
                    updated_at=fact.time,
                    ends_at=start + self.rule.throttle,
                    evidence=(fact,),
                )
            )
