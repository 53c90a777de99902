"""``digest``: one alert at a local time of the day with all articles since the one before.

```yaml
name: morning-digest
kind: digest
where: {country: {in: central_asia, salience: main}, theme: sanctions}
at: '08:00'
timezone: Asia/Dushanbe
days: [mon, tue, wed, thu, fri]
group_by: [country]
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from detectors.facts.fact import Fact
from detectors.model.alert import GroupValue
from detectors.model.event_time import INSTANT
from detectors.reading.context import Place
from detectors.reading.nodes import Node, Scalar
from detectors.reading.readers import Choice, JsonSchema, ListOf, Reader
from detectors.rules.keys import GroupedKind, Minimum
from detectors.rules.kind import Key, kind
from detectors.rules.machine import Change, Machine, Mark, Moment, Outcome
from detectors.rules.rule import Rule
from detectors.rules.schedule import DAYS, TimezoneReader, zone
from detectors.timeline.log import Log

MOST_EVIDENCE = 20
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class _ClockReader(Reader[str]):
    def read(self, node: Node, place: Place) -> str:
        if not isinstance(node, Scalar) or not _CLOCK.fullmatch(node.text):
            place.fail(node, f"expected a time of the day such as '08:00', found {node.what}")
        return node.text

    def schema(self) -> JsonSchema:
        return {"type": "string", "pattern": f"^(?:{_CLOCK.pattern})$"}


@kind("digest")
class Digest(GroupedKind, frozen=True, kw_only=True):
    """One alert a group at each such time with the articles that met ``where`` since the one before, if any did.

    It waits until event time has passed that time and ``lateness``. Groups of fewer than ``minimum`` articles give
    none; their articles do not count for the next one.
    """

    at: Annotated[str, Key(_ClockReader(), "the time of the day, such as '08:00'")]
    timezone: Annotated[str, Key(TimezoneReader(), "the time zone of `at`; default: UTC")] = "UTC"
    days: Annotated[
        tuple[str, ...], Key(ListOf(Choice(DAYS, "day"), least=1), "the days of the week; default: all")
    ] = DAYS
    minimum: Minimum = 1

    def wrong_among(self, rule: Rule, rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        for key, given in (("schedule", bool(rule.schedule.openings)), ("throttle", bool(rule.throttle))):
            if given:
                yield key, f"a digest has times of its own (at, timezone, days), found {key!r}"

    def waits_for_watermark(self) -> bool:
        return True

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return _Collecting(rule, group, self)

    def time_from(self, moment: datetime) -> datetime:
        """The first digest time at or after ``moment``."""
        return min(one for one in self._times(moment) if one >= moment)

    def time_before(self, moment: datetime) -> datetime:
        """The last digest time before ``moment``."""
        return max(one for one in self._times(moment) if one < moment)

    def _times(self, moment: datetime) -> list[datetime]:
        """The digest times of the nine days around ``moment``, in UTC."""
        local = zone(self.timezone)
        hour, minute = map(int, self.at.split(":"))
        first = moment.astimezone(local).date()
        around = (first + timedelta(days=number) for number in range(-8, 9))
        wanted = [day for day in around if DAYS[day.weekday()] in self.days]
        return [datetime.combine(day, time(hour, minute), tzinfo=local).astimezone(UTC) for day in wanted]


class _Collecting(Machine):
    """Keeps the articles of a group until the digest that they belong to is settled."""

    __slots__ = ("_judged", "_kind")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: Digest) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._judged: datetime | None = None

    def restore(self, facts: Iterable[Fact], marks: Iterable[Mark], settled: datetime | None) -> None:
        super().restore(facts, marks, settled)
        self._judged = settled

    def rules_changed(self, rule: Rule) -> None:
        super().rules_changed(rule)
        assert isinstance(rule.kind, Digest)
        self._kind = rule.kind

    def observe(self, fact: Fact, out: Outcome) -> None:  # noqa: ARG002 - nothing follows before the watermark
        self.facts.add(fact)

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:  # noqa: ARG002
        moment = self._next()
        while moment is not None and moment < now:
            self._tell(moment, out)
            self._judged = moment + INSTANT
            moment = self._next()
        self._judged = now if self._judged is None else max(self._judged, now)
        self.prune(self._kind.time_before(settled), out)

    def due(self) -> datetime | None:
        first = self.facts.first
        if first is None:
            return None
        moment, kept_until = self._next(), self._kind.time_from(first.time) + 2 * INSTANT
        return kept_until if moment is None else min(moment, kept_until)

    def _next(self) -> datetime | None:
        """The first digest time, not yet judged, to which an article belongs."""
        start = None if self._judged is None else self._kind.time_before(self._judged) + INSTANT
        following = self.facts.first if start is None else next(self.facts.from_(start), None)
        return None if following is None else self._kind.time_from(following.time)

    def _tell(self, moment: datetime, out: Outcome) -> None:
        before = self._kind.time_before(moment)
        facts = self.facts.between(before, moment)
        count = len({fact.article_id for fact in facts})
        if not facts or count < self._kind.minimum:
            return
        out.moments.append(Moment(moment.isoformat(), moment, facts[-1]))
        out.changes.append(
            Change(
                identity=moment.isoformat(),
                revision=1,
                state="firing",
                severity=self.rule.severity,
                count=count,
                start=before,
                end=moment,
                starts_at=moment,
                updated_at=moment,
                ends_at=self._kind.time_from(moment + INSTANT),
                evidence=tuple(facts[-MOST_EVIDENCE:]),
            )
        )
