"""``absence``: something is said, and what should follow does not come in time.

```yaml
name: sanctions-threatened-and-not-imposed
kind: absence
where: {theme: sanctions, country: {in: central_asia, salience: main}}
after: {text: ['threaten*', 'would face']}
without: {text: ['imposed sanctions', 'sanctions took effect']}
group_by: [country]
within: 30d
```
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from detectors.alert import GroupValue, State
from detectors.conditions.nodes import Condition
from detectors.copies import are_copies
from detectors.facts import Fact
from detectors.keys import GroupBy, Step
from detectors.kind import Key, Kind, kind
from detectors.loading.readers import Duration
from detectors.log import Log
from detectors.machine import Change, Machine, Mark, Moment, Outcome
from detectors.rule import Rule

AFTER, WITHOUT = 1, 2
_INSTANT = timedelta(microseconds=1)


@kind("absence")
class Absence(Kind, frozen=True, kw_only=True):
    """Fires when nothing that meets ``without`` has come within ``within`` of an article that meets ``after``."""

    after: Step
    without: Step
    within: Annotated[timedelta, Key(Duration(), "how long a wait is; one wait a group and so long, answered or not")]
    group_by: GroupBy = ()

    def conditions(self) -> tuple[Condition, ...]:
        return self.after, self.without

    def waits(self) -> bool:
        return True

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return _Waiting(rule, group, self)


class _Wait(msgspec.Struct, frozen=True, array_like=True):
    """A wait that is over: which article began it, and whether an alert came of it.

    ``last_began`` is when the last alert of the group began that ``throttle`` did not drop.
    """

    start: datetime
    article_id: str
    fingerprints: tuple[str, ...]
    fired: bool
    last_began: datetime | None = None


_DECODER = msgspec.msgpack.Decoder(_Wait)
_OVER = "wait"


class _Waiting(Machine):
    """Decides each wait when its time is over, in order of event time.

    Only then is it known that it began: a version of its first article may have met ``without`` too.
    """

    __slots__ = ("_answer", "_kind", "_next", "_opening", "_wait")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: Absence) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._wait: _Wait | None = None  # the last one decided
        self._next: Fact | None = None  # the article that begins the next one, as far as is known
        self._answer: Fact | None = None  # what came after the alert, and is still to be told
        self._opening: datetime | None = None  # when the schedule lets the alert out

    def restore(self, facts: list[Fact], marks: list[Mark], settled: datetime | None) -> None:  # type: ignore[override]
        super().restore(facts, marks, settled)
        mark = self.latest(_OVER, settled)
        if mark is not None:
            assert settled is not None
            self._wait = _DECODER.decode(mark.data)
            self._await(self._wait, settled)
        self._next = self._first_after(self._wait)

    def rules_changed(self, rule: Rule) -> None:
        super().rules_changed(rule)
        assert isinstance(rule.kind, Absence)
        self._kind = rule.kind

    def observe(self, fact: Fact, out: Outcome) -> None:  # noqa: ARG002 - nothing follows before the watermark
        self.facts.add(fact)
        wait = self._wait
        if AFTER in fact.steps and (wait is None or fact.time > self._end(wait)) and self._is_earlier(fact, self._next):
            self._next = fact
        if wait is not None and wait.fired and self._resolves(fact, wait) and self._is_earlier(fact, self._answer):
            self._answer = fact

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:  # noqa: ARG002
        while True:
            deadline = None if self._next is None else self._next.time + self._kind.within
            answered = None if self._answer is None else self._answer.time
            first = min((time for time in (answered, self._opening, deadline) if time is not None), default=now)
            if first >= now:
                break
            if first == answered:
                self._resolve(out)
            elif first == self._opening:
                self._tell("firing", self._opening, out)
                self._opening = None
            else:
                self._decide(out)
        self._forget(settled, out)

    def due(self) -> datetime | None:
        moments = [time for time in (self._opening, self._answer and self._answer.time) if time is not None]
        if self._next is not None:
            moments.append(self._next.time + self._kind.within)
        first = self.facts.first
        if first is not None:
            moments.append(first.time + 2 * self._kind.within + 2 * _INSTANT)
        elif not moments and self._wait is not None:
            moments.append(self._forgotten(self._wait))
        return min(moments, default=None)

    def _decide(self, out: Outcome) -> None:
        """The wait of the next article is over."""
        first = self._next
        assert first is not None
        prints = self._versions_that_only_begin(first)
        if prints is None:
            self._next = next(
                (fact for fact in self._after_from(first.time) if fact > first and not _same(fact, first)), None
            )
            return
        end = first.time + self._kind.within
        last_began = self._wait.last_began if self._wait is not None else None
        wait = _Wait(first.time, first.article_id, prints, fired=False, last_began=last_began)
        answers = (fact for fact in self.facts.between(first.time, end) if self._counts(fact, wait))
        fired = next(answers, None) is None and (last_began is None or end - last_began >= self.rule.throttle)
        if fired:
            wait = msgspec.structs.replace(wait, fired=True, last_began=end)
        self._wait = wait
        self.put(Mark(name=_OVER, time=end, ident=first.article_id, data=msgspec.msgpack.encode(wait)), out)
        self._next = self._first_after(wait)
        self._await(wait, end)
        if fired:
            out.moments.append(Moment(end.isoformat(), end, first))
            if self._opening is None:
                self._tell("firing", end, out)
            else:
                out.dropped += 1

    def _await(self, wait: _Wait, known: datetime) -> None:
        """What may still come of an alert after ``known``: the opening of the schedule, the answer."""
        self._answer = self._opening = None
        if not wait.fired:
            return
        end = self._end(wait)
        late = self.facts.between(end, end + self._kind.within)
        answer = next((fact for fact in late if self._counts(fact, wait)), None)
        if answer is None or answer.time >= known:
            self._answer = answer
        if not self.rule.schedule.open(end):
            opening = self.rule.schedule.next_opening(end)
            told = answer is not None and opening is not None and answer.time <= opening
            if opening is not None and opening >= known and not (told and self._answer is None):
                self._opening = opening

    def _resolve(self, out: Outcome) -> None:
        """What did not come in time came after all; an alert that never went out is never heard of."""
        assert self._answer is not None
        if self._opening is None and self._wait is not None and self._was_told(self._wait, self._answer.time):
            self._tell("resolved", self._answer.time, out)
        self._answer = self._opening = None
        self._wait = self._wait and msgspec.structs.replace(self._wait, fired=False)

    def _was_told(self, wait: _Wait, until: datetime) -> bool:
        end = self._end(wait)
        if self.rule.schedule.open(end):
            return True
        opening = self.rule.schedule.next_opening(end)
        return opening is not None and opening < until

    def _tell(self, state: State, time: datetime, out: Outcome) -> None:
        wait = self._wait
        assert wait is not None
        end = self._end(wait)
        evidence = [fact for fact in self.facts.since(wait.start, wait.start + _INSTANT) if self._began(fact, wait)]
        if state == "resolved" and self._answer is not None:
            evidence.append(self._answer)
        out.changes.append(
            Change(
                identity=end.isoformat(),
                revision=1 if state == "firing" else 2,
                state=state,
                severity=self.rule.severity,
                count=len({fact.article_id for fact in evidence}),
                start=wait.start,
                end=end,
                starts_at=end,
                updated_at=time,
                ends_at=time if state == "resolved" else None,
                evidence=tuple(evidence),
            )
        )

    def _end(self, wait: _Wait) -> datetime:
        return wait.start + self._kind.within

    @staticmethod
    def _began(fact: Fact, wait: _Wait) -> bool:
        return fact.article_id == wait.article_id and AFTER in fact.steps

    @staticmethod
    def _is_earlier(fact: Fact, known: Fact | None) -> bool:
        return known is None or fact < known

    def _resolves(self, fact: Fact, wait: _Wait) -> bool:
        return self._end(wait) < fact.time <= self._end(wait) + self._kind.within and self._counts(fact, wait)

    @staticmethod
    def _counts(fact: Fact, wait: _Wait) -> bool:
        """Whether it meets ``without`` and is neither the first article itself nor a copy of it."""
        if WITHOUT not in fact.steps or fact.article_id == wait.article_id:
            return False
        return not any(are_copies(fact.fingerprint, one) for one in wait.fingerprints)

    def _versions_that_only_begin(self, first: Fact) -> tuple[str, ...] | None:
        """The fingerprints of an article; None where a version of it meets ``without``: it begins no wait."""
        within = self._kind.within
        versions = [
            fact
            for fact in self.facts.between(first.time - within, first.time + within)
            if fact.article_id == first.article_id
        ]
        if any(WITHOUT in fact.steps for fact in versions):
            return None
        return tuple(dict.fromkeys(fact.fingerprint for fact in versions if fact.fingerprint))

    def _after_from(self, time: datetime) -> Iterator[Fact]:
        """The articles that meet ``after``, from ``time`` on."""
        return (fact for fact in self.facts.from_(time) if AFTER in fact.steps)

    def _first_after(self, wait: _Wait | None) -> Fact | None:
        """The article that begins the next wait, unless a version of it meets ``without``."""
        if wait is None:
            return next((fact for fact in self.facts if AFTER in fact.steps), None)
        return next(self._after_from(self._end(wait) + _INSTANT), None)

    def _forget(self, settled: datetime, out: Outcome) -> None:
        last = self.latest(_OVER, settled)
        for mark in list(self.marks.values()):
            if last is not None and mark.time < last.time:
                self.drop(mark, out)
        needless = settled - 2 * self._kind.within - _INSTANT
        if self._wait is not None and self._opening is not None:
            needless = min(needless, self._wait.start - _INSTANT)
        self.prune(needless, out)
        wait, first = self._wait, self.facts.first
        if wait is None or last is None or len(self.marks) > 1 or settled <= self._forgotten(wait):
            return
        if first is None or first.time > self._end(wait):
            self.drop(last, out)
            self._wait = None

    def _forgotten(self, wait: _Wait) -> datetime:
        """After this nothing asks any more of a wait (but for the opening of the schedule)."""
        end = self._end(wait) + self._kind.within
        throttled = wait.last_began + self.rule.throttle if wait.last_began is not None else end
        return max(end, throttled, self._opening or end) + _INSTANT


def _same(one: Fact, other: Fact) -> bool:
    return one.order[:2] == other.order[:2]
