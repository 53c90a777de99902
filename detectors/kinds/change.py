"""``change``: a group's value of a field differs from its settled value.

```yaml
name: outlet-changes-hands
kind: change
of: meta.owner
group_by: [source]
at_least: 3
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated

import msgspec

from detectors.facts.fact import Fact
from detectors.model.alert import GroupValue
from detectors.model.event_time import INSTANT
from detectors.reading.readers import Number
from detectors.rules.keys import GroupedKind, Of
from detectors.rules.kind import Key, kind
from detectors.rules.machine import Change, Machine, Mark, Moment, Outcome
from detectors.rules.rule import Rule
from detectors.timeline.log import Log


@kind("change")
class Changed(GroupedKind, frozen=True, kw_only=True):
    """Fires when ``at_least`` articles in a row give a value other than the settled one. The first settles silently."""

    SHOWS = frozenset({"value", "previous", "current"})

    of: Of
    at_least: Annotated[int, Key(Number(least=1, whole=True), "number of articles in a row that settle a value")] = 1

    def value_field(self) -> str:
        return self.of

    def waits_for_watermark(self) -> bool:
        return True

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return _Settling(rule, group, self)


class _Standing(msgspec.Struct, frozen=True, array_like=True):
    """The state of a group after an article: the settled value, and the row of articles that give another one.

    ``previous`` and ``changed`` describe the last change; ``waiting``: the schedule was closed at that change.
    """

    settled: GroupValue | None = None
    value: GroupValue | None = None
    row: tuple[str, ...] = ()
    since: datetime | None = None
    previous: GroupValue | None = None
    changed: datetime | None = None
    waiting: bool = False
    last_began: datetime | None = None


_DECODER = msgspec.msgpack.Decoder(_Standing)
_GIVEN = "given"


class _Settling(Machine):
    """Judges the articles behind the watermark in order of event time, then id."""

    __slots__ = ("_judged", "_kind", "_standing")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: Changed) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._judged: datetime | None = None
        self._standing = _Standing()

    def restore(self, facts: list[Fact], marks: list[Mark], settled: datetime | None) -> None:  # type: ignore[override]
        super().restore(facts, marks, settled)
        self._judged = settled
        mark = self.latest(_GIVEN, settled)
        if mark is not None:
            self._standing = _DECODER.decode(mark.data)
            opening = self._opening()
            if opening is not None and settled is not None and opening < settled:
                self._standing = msgspec.structs.replace(self._standing, waiting=False)

    def rules_changed(self, rule: Rule) -> None:
        super().rules_changed(rule)
        assert isinstance(rule.kind, Changed)
        self._kind = rule.kind

    def observe(self, fact: Fact, out: Outcome) -> None:  # noqa: ARG002 - nothing follows before the watermark
        self.facts.add(fact)

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:  # noqa: ARG002
        for versions in self._unjudged(now):
            opening = self._opening()
            if opening is not None and opening <= versions[0].time:
                self._open(opening, out)
            self._judge(versions, out)
        opening = self._opening()
        if opening is not None and opening < now:
            self._open(opening, out)
        self._judged = now
        last = self.latest(_GIVEN, settled)
        for mark in list(self.marks.values()):
            if last is not None and (mark.time, mark.ident) < (last.time, last.ident):
                self.drop(mark, out)
        self.prune(self._needless(settled), out)

    def due(self) -> datetime | None:
        following = self.facts.first if self._judged is None else next(self.facts.from_(self._judged), None)
        moments = [] if following is None else [following.time]
        opening = self._opening()
        if opening is not None:
            moments.append(opening)
        first = self.facts.first
        if first is not None and (self._kept is None or first.time < self._kept):
            moments.append(first.time + 2 * INSTANT)
        return min(moments, default=None)

    @property
    def _kept(self) -> datetime | None:
        """The start of the articles kept as evidence of an unsettled row, or of a change that is not sent yet."""
        standing = self._standing
        return standing.since if standing.row or standing.waiting else None

    def _needless(self, settled: datetime) -> datetime:
        return settled - INSTANT if self._kept is None else min(settled, self._kept) - INSTANT

    def _unjudged(self, now: datetime) -> Iterator[Sequence[Fact]]:
        """The articles before ``now`` that were not judged yet; versions with the same time come together."""
        start = self._judged
        facts = list(self.facts) if start is None else list(self.facts.from_(start))
        for (time, _), versions in groupby(facts, key=lambda fact: fact.order[:2]):
            if time >= now:
                return
            yield tuple(versions)

    def _judge(self, versions: Sequence[Fact], out: Outcome) -> None:
        """Judge one article; an article with two values is ignored."""
        values = {value for fact in versions for value in fact.values}
        if len(values) != 1:
            return
        (value,) = values
        fact, before = versions[0], self._standing
        if before.settled is not None and _equal(value, before.settled):
            after = msgspec.structs.replace(before, value=None, row=())
        else:
            goes_on = before.row and _equal(value, before.value)
            if goes_on and fact.article_id in before.row:
                return
            row = (*before.row, fact.article_id) if goes_on else (fact.article_id,)
            since = before.since if goes_on else fact.time
            after = msgspec.structs.replace(before, value=value, row=row, since=since)
            if len(row) >= self._kind.at_least:
                after = self._settle(after, value, fact, out)
        if after != before:
            self._standing = after
            self.put(Mark(name=_GIVEN, time=fact.time, ident=fact.article_id, data=msgspec.msgpack.encode(after)), out)

    def _settle(self, standing: _Standing, value: GroupValue, fact: Fact, out: Outcome) -> _Standing:
        previous, began = standing.settled, fact.time
        settled = msgspec.structs.replace(standing, settled=value, value=None, row=())
        if previous is None:
            return settled
        last = standing.last_began
        held_back = last is not None and began - last < self.rule.throttle
        is_open = self.rule.schedule.open(began)
        settled = msgspec.structs.replace(
            settled,
            previous=previous,
            changed=began,
            waiting=not held_back and not is_open,
            last_began=last if held_back else began,
        )
        if not held_back:
            out.moments.append(Moment(_identity(settled), began, fact))
            if is_open:
                out.changes.append(self._change(settled, began))
            else:
                out.dropped += 1
        return settled

    def _opening(self) -> datetime | None:
        """When the schedule releases the last change."""
        standing = self._standing
        return self.rule.schedule.next_opening(standing.changed) if standing.waiting and standing.changed else None

    def _open(self, opening: datetime, out: Outcome) -> None:
        out.changes.append(self._change(self._standing, opening))
        self._standing = msgspec.structs.replace(self._standing, waiting=False)

    def _change(self, standing: _Standing, time: datetime) -> Change:
        assert standing.changed is not None
        assert standing.since is not None
        given = [
            fact
            for fact in self.facts.between(standing.since - INSTANT, standing.changed)
            if len(fact.values) == 1 and standing.settled is not None and _equal(fact.values[0], standing.settled)
        ]
        return Change(
            identity=_identity(standing),
            revision=1,
            state="firing",
            severity=self.rule.severity,
            count=self._kind.at_least,
            starts_at=standing.changed,
            updated_at=time,
            value=standing.settled,
            previous=standing.previous,
            current=standing.settled,
            evidence=tuple(given[-self._kind.at_least :]),
        )


def _equal(one: GroupValue, other: GroupValue | None) -> bool:
    """Whether two values are equal; ``true`` is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _identity(standing: _Standing) -> str:
    assert standing.changed is not None
    return f"{msgspec.json.encode(standing.settled).decode()} {standing.changed.isoformat()}"
