"""``absence``: something is reported, and the expected follow-up does not come in time. Articles, or alerts.

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
from collections.abc import Mapping as MappingABC
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from detectors.conditions.nodes import Condition
from detectors.conditions.reader import CONDITION
from detectors.counting.similarity import are_copies
from detectors.facts.fact import Fact
from detectors.model.alert import GroupValue, State
from detectors.model.event_time import INSTANT
from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Node
from detectors.reading.readers import Duration, JsonSchema, Reader
from detectors.rules.chain_inputs import ChainInput, ChainInputReader, wrong_inputs
from detectors.rules.keys import SKIP, GroupedKind
from detectors.rules.kind import Key, kind
from detectors.rules.machine import Change, Machine, Mark, Moment, Outcome
from detectors.rules.rule import Rule
from detectors.timeline.log import Log

AFTER, WITHOUT = 1, 2


class _StepReader(Reader[Condition | ChainInput]):
    """Read a condition on articles, or ``{alerts: {rules: [...], tags: [...]}}``."""

    def read(self, node: Node, place: Place) -> Condition | ChainInput:
        if isinstance(node, Mapping) and "alerts" in node:
            if len(node.pairs) > 1:
                place.fail(node, "expected only 'alerts': alerts of other rules meet no conditions on articles")
            return ChainInputReader().read(node.pairs["alerts"][1], place.at("alerts"))
        return CONDITION.read(node, place)

    def schema(self) -> JsonSchema:
        alerts: JsonSchema = {
            "type": "object",
            "properties": {"alerts": {**ChainInputReader().schema(), "description": "alerts of these rules"}},
            "required": ["alerts"],
            "additionalProperties": False,
        }
        return {"anyOf": [CONDITION.schema(), alerts]}


_Step = Annotated[
    Condition | ChainInput, Key(_StepReader(), "a condition to meet together with `where`, or alerts of other rules")
]


@kind("absence")
class Absence(GroupedKind, frozen=True, kw_only=True):
    """Fires when no article that meets ``without`` comes within ``within`` of an article that meets ``after``.

    Both may be alerts of other rules instead: the wait begins with one, and is answered by one.
    """

    after: _Step
    without: _Step
    within: Annotated[timedelta, Key(Duration(), "how long to wait; a group has one wait at a time, answered or not")]

    @property
    def READS_ARTICLES(self) -> bool:  # type: ignore[override]  # noqa: N802 - of each rule, not of the kind
        """Whether it waits for articles, not for alerts."""
        return not isinstance(self.after, ChainInput)

    def wrong(self) -> Iterator[tuple[str, str]]:
        if isinstance(self.after, ChainInput) != isinstance(self.without, ChainInput):
            yield "without", "expected the same as in 'after': conditions on articles, or alerts of other rules"
        if self.missing != SKIP and not self.READS_ARTICLES:
            yield "missing", "this rule reads alerts: write 'missing' into the rules that it reads"

    def wrong_among(self, rule: Rule, rules: MappingABC[str, Rule]) -> Iterator[tuple[str, str]]:
        named = [
            (key, name)
            for key, step in (("after", self.after), ("without", self.without))
            if isinstance(step, ChainInput)
            for name in step.rules
        ]
        yield from wrong_inputs(rule, rules, named, "after")

    def steps_met_by(self, rule: Rule) -> tuple[int, ...] | None:
        steps = ((AFTER, self.after), (WITHOUT, self.without))
        return tuple(n for n, step in steps if isinstance(step, ChainInput) and step.includes(rule)) or None

    def conditions(self) -> tuple[Condition, ...]:
        return tuple(step for step in (self.after, self.without) if isinstance(step, Condition))

    def span(self) -> timedelta:
        return self.within

    def answered_wait(self) -> tuple[Condition, Condition] | None:
        if isinstance(self.after, ChainInput) or isinstance(self.without, ChainInput):
            return None
        return self.after, self.without

    def waits_for_watermark(self) -> bool:
        return True

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return _Waiting(rule, group, self)


class _Wait(msgspec.Struct, frozen=True, array_like=True):
    """A wait that has ended: the article that began it, and whether it led to an alert.

    ``last_began`` is the start of the group's last alert that ``throttle`` did not drop.
    """

    start: datetime
    article_id: str
    fingerprints: tuple[str, ...]
    fired: bool
    last_began: datetime | None = None


_DECODER = msgspec.msgpack.Decoder(_Wait)
_OVER, _ANSWERED = "wait", "answered"


class _Waiting(Machine):
    """Decides each wait when its time is over, in order of event time.

    Only then is it certain that the wait began: another version of its first article may meet ``without`` too.
    """

    __slots__ = ("_answer", "_held", "_kind", "_next", "_wait")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: Absence) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._wait: _Wait | None = None  # the last decided wait
        self._next: Fact | None = None  # the article that begins the next wait, as far as is known
        self._answer: Fact | None = None  # the answer that came after the last alert and still has to resolve it
        self._held: list[tuple[datetime, _Wait]] = []  # alerts that the schedule releases at a time, in order

    def restore(self, facts: list[Fact], marks: list[Mark], settled: datetime | None) -> None:  # type: ignore[override]
        super().restore(facts, marks, settled)
        known = [mark for mark in self.marks.values() if settled is not None and mark.time < settled]
        answered = {mark.ident for mark in known if mark.name == _ANSWERED}
        for mark in sorted((mark for mark in known if mark.name == _OVER), key=lambda mark: mark.time):
            assert settled is not None
            self._wait = _DECODER.decode(mark.data)
            opening = self._opening(self._wait)
            if opening is not None and opening >= settled and mark.time.isoformat() not in answered:
                self._held.append((opening, self._wait))
            self._answer = self._answer_to(self._wait)
            if self._answer is not None and self._answer.time < settled:
                self._answer = None
                self._wait = msgspec.structs.replace(self._wait, fired=False)
        first = self._first_after(self._wait)
        if first is not None and settled is not None:
            # Waits that ended before are decided, and so are those that never began: their facts may be deleted by now.
            first = next(self._after_from(max(first.time, settled - self._kind.within)), None)
        self._next = first

    def rules_changed(self, rule: Rule) -> None:
        super().rules_changed(rule)
        assert isinstance(rule.kind, Absence)
        self._kind = rule.kind

    def observe(self, fact: Fact, out: Outcome) -> None:  # noqa: ARG002 - nothing follows before the watermark
        self.facts.add(fact)
        wait = self._wait
        if AFTER in fact.steps and (wait is None or fact.time > self._end(wait)) and _is_earlier(fact, self._next):
            self._next = fact
        if wait is not None and wait.fired and self._resolves(fact, wait) and _is_earlier(fact, self._answer):
            self._answer = fact

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:  # noqa: ARG002
        while True:
            deadline = None if self._next is None else self._next.time + self._kind.within
            answered = None if self._answer is None else self._answer.time
            opening = self._held[0][0] if self._held else None
            first = min((time for time in (answered, opening, deadline) if time is not None), default=now)
            if first >= now:
                break
            if first == answered:
                self._resolve(out)
            elif first == opening:
                self._emit("firing", self._held.pop(0)[1], first, out)
            else:
                self._decide(out)
        self._forget(settled, out)

    def due(self) -> datetime | None:
        moments = [opening for opening, _ in self._held[:1]]
        if self._answer is not None:
            moments.append(self._answer.time)
        if self._next is not None:
            moments.append(self._next.time + self._kind.within)
        first = self.facts.first
        if first is not None:
            moments.append(first.time + 2 * self._kind.within + 2 * INSTANT)
        elif not moments and self._wait is not None:
            moments.append(self._forgotten(self._wait))
        return min(moments, default=None)

    def _decide(self, out: Outcome) -> None:
        """Decide the wait of the next article, which is over."""
        first = self._next
        assert first is not None
        prints = self._versions_that_only_begin(first)
        if prints is None:
            following = (fact for fact in self._after_from(first.time) if fact > first and not _same(fact, first))
            self._next = next(following, None)
            return
        end = first.time + self._kind.within
        last_began = self._wait.last_began if self._wait is not None else None
        wait = _Wait(first.time, first.article_id, prints, fired=False, last_began=last_began)
        answered = any(self._counts(fact, wait) for fact in self.facts.between(first.time, end))
        if not answered and (last_began is None or end - last_began >= self.rule.throttle):
            wait = msgspec.structs.replace(wait, fired=True, last_began=end)
        self._wait = wait
        self.put(Mark(name=_OVER, time=end, ident=first.article_id, data=msgspec.msgpack.encode(wait)), out)
        self._next = self._first_after(wait)
        self._answer = self._answer_to(wait)
        if not wait.fired:
            return
        out.moments.append(Moment(end.isoformat(), end, first))
        if self.rule.schedule.open(end):
            self._emit("firing", wait, end, out)
            return
        out.dropped += 1
        opening = self._opening(wait)
        if opening is not None:
            self._held.append((opening, wait))

    def _resolve(self, out: Outcome) -> None:
        """The answer came too late: resolve the alert; an alert that was never sent stays unsent."""
        wait, answer = self._wait, self._answer
        assert wait is not None
        assert answer is not None
        if any(held == wait for _, held in self._held):
            self._held = [(opening, held) for opening, held in self._held if held != wait]
            self.put(Mark(name=_ANSWERED, time=answer.time, ident=self._end(wait).isoformat()), out)
        elif self.rule.schedule.open(self._end(wait)) or self._opening(wait) is not None:
            self._emit("resolved", wait, answer.time, out)
        self._answer = None
        self._wait = msgspec.structs.replace(wait, fired=False)

    def _emit(self, state: State, wait: _Wait, time: datetime, out: Outcome) -> None:
        end = self._end(wait)
        began = self.facts.since(wait.start, wait.start + INSTANT)
        evidence = [fact for fact in began if fact.article_id == wait.article_id and AFTER in fact.steps]
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

    def _opening(self, wait: _Wait) -> datetime | None:
        """When the schedule, closed at the end of a wait, releases its alert."""
        end = self._end(wait)
        closed = wait.fired and not self.rule.schedule.open(end)
        return self.rule.schedule.next_opening(end) if closed else None

    def _answer_to(self, wait: _Wait) -> Fact | None:
        """The answer that came too late to prevent the alert, and resolves it."""
        end = self._end(wait)
        late = self.facts.between(end, end + self._kind.within) if wait.fired else []
        return next((fact for fact in late if self._counts(fact, wait)), None)

    def _resolves(self, fact: Fact, wait: _Wait) -> bool:
        return self._end(wait) < fact.time <= self._end(wait) + self._kind.within and self._counts(fact, wait)

    @staticmethod
    def _counts(fact: Fact, wait: _Wait) -> bool:
        """Whether the fact meets ``without`` and is neither the first article itself nor a copy of it."""
        if WITHOUT not in fact.steps or fact.article_id == wait.article_id:
            return False
        return not any(are_copies(fact.fingerprint, one) for one in wait.fingerprints)

    def _versions_that_only_begin(self, first: Fact) -> tuple[str, ...] | None:
        """The fingerprints of an article; None if a version of it meets ``without``, so that it begins no wait."""
        within = self._kind.within
        around = self.facts.between(first.time - within, first.time + within)
        versions = [fact for fact in around if fact.article_id == first.article_id]
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
        return next(self._after_from(self._end(wait) + INSTANT), None)

    def _forget(self, settled: datetime, out: Outcome) -> None:
        """Delete the facts and marks that nothing from ``settled`` on needs."""
        last = self.latest(_OVER, settled)
        earlier = [mark for mark in self.marks.values() if last is not None and mark.time < last.time]
        for mark in [mark for mark in earlier if mark.name == _OVER]:
            opening = self._opening(_DECODER.decode(mark.data))
            if opening is None or opening < settled:
                self._drop_wait(mark, out)
        needless = settled - 2 * self._kind.within
        if self._held:
            needless = min(needless, self._held[0][1].start)
        self.prune(needless - INSTANT, out)
        wait, first = self._wait, self.facts.first
        overs = sum(mark.name == _OVER for mark in self.marks.values())
        if wait is None or last is None or overs > 1 or settled <= self._forgotten(wait):
            return
        if first is None or first.time > self._end(wait):
            self._drop_wait(last, out)
            self._wait = None

    def _drop_wait(self, mark: Mark, out: Outcome) -> None:
        self.drop(mark, out)
        for other in list(self.marks.values()):
            if other.name == _ANSWERED and other.ident == mark.time.isoformat():
                self.drop(other, out)

    def _forgotten(self, wait: _Wait) -> datetime:
        """The time after which nothing needs the wait any more."""
        end = self._end(wait) + self._kind.within
        throttled = wait.last_began + self.rule.throttle if wait.last_began is not None else end
        return max(end, throttled, self._opening(wait) or end) + INSTANT


def _is_earlier(fact: Fact, known: Fact | None) -> bool:
    return known is None or fact < known


def _same(one: Fact, other: Fact) -> bool:
    return one.order[:2] == other.order[:2]
