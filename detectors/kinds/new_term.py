"""``new_term``: a value that was never met before, or not for a long time.

```yaml
name: new-minister
kind: new_term
where: {official: {class: [foreign_minister, defence_minister, minister], country: {in: central_asia}, former: false}}
of: official
group_by: [official.country, official.class]
remember: 365d
at_least: 2
```
"""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Annotated

import msgspec

from detectors.counting.counted import counted
from detectors.counting.term_history import SILENT, Episode, Meeting, Past, Term
from detectors.facts.fact import Fact
from detectors.machines.events import MOST_EVIDENCE
from detectors.model.alert import GroupValue
from detectors.model.event_time import BEGINNING, INSTANT
from detectors.reading.readers import Duration
from detectors.rules.groups import Found
from detectors.rules.keys import CountAtLeast, Distinct, GroupedKind, Of
from detectors.rules.kind import DAY, Key, kind
from detectors.rules.known_values import Known, KnownReader
from detectors.rules.machine import Change, Machine, Mark, Moment, Outcome
from detectors.rules.rule import Rule
from detectors.rules.thresholds import Level, Thresholds
from detectors.timeline.log import Log

MOST_VALUES = 10_000
"""Limit on remembered values per group; the value that was met longest ago is evicted first, and counted."""


@kind("new_term")
class NewTerm(GroupedKind, frozen=True, kw_only=True):
    """Fires on a value not met for ``remember``: at once, unless an article that may still come could undo it."""

    NEEDS_LOG = True
    SHOWS = frozenset({"value", "threshold", "current"})

    of: Of
    remember: Annotated[timedelta, Key(Duration(), "how long a value must not be met to be new again")]
    learn: Annotated[
        timedelta | None,
        Key(Duration(zero=True), "minimum age of the log before alerts; default: 30d, or `remember` if shorter"),
    ] = None
    known: Annotated[
        Known, Key(KnownReader(), "values that are never new: the name of a list, or values", harmless=True)
    ] = Known()
    at_least: CountAtLeast = Thresholds((Level(None, 1),))
    distinct: Distinct = "article"
    window: Annotated[timedelta, Key(Duration(), "a value is met when a stretch of this length holds `at_least`")] = (
        7 * DAY
    )

    def value_field(self) -> str:
        return self.of

    def count_unit(self) -> str:
        return self.distinct

    def span(self) -> timedelta:
        return self.window

    def known_among(self, found: Found) -> tuple[GroupValue, ...]:
        return self.known.among(found, self.of)

    def learning(self) -> timedelta:
        """The minimum age of the log."""
        return min(30 * DAY, self.remember) if self.learn is None else self.learn

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return _Terms(rule, group, self)


class _Remembered(msgspec.Struct, frozen=True, array_like=True):
    value: GroupValue
    past: Past


_DECODER = msgspec.msgpack.Decoder(_Remembered)
_PAST, _BEGAN, _HELD_BACK = "past", "began", "held-back"
_NEVER = datetime.max.replace(tzinfo=UTC)
_Certain = tuple[datetime, str, GroupValue, Episode]


class _Terms(Machine):
    """The values of one group. An alert is sent once no article that may still come can undo it."""

    __slots__ = ("_agenda", "_early", "_held", "_kind", "_last_began", "_numbers", "_pending", "_terms", "_unsent")

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: NewTerm) -> None:
        super().__init__(rule, group)
        self._kind = kind
        self._terms: dict[GroupValue, Term] = {}
        self._pending: dict[GroupValue, datetime] = {}  # when to look at a value again
        self._agenda: list[tuple[datetime, int, GroupValue]] = []
        self._numbers = count()
        self._early: set[GroupValue] = set()  # to consider again at the next watermark
        self._held: dict[str, datetime] = {}  # by identity: when a closed schedule releases the alert
        self._unsent: set[str] = set()  # alerts whose beginning is not certain yet: chains receive them when it is
        self._last_began: datetime | None = None

    def restore(self, facts: list[Fact], marks: list[Mark], settled: datetime | None) -> None:  # type: ignore[override]
        super().restore(facts, marks, settled)
        for mark in self.marks.values():
            if mark.name == _PAST and settled is not None and mark.time < settled:
                remembered = _DECODER.decode(mark.data)
                term = self._term(remembered.value)
                if term.past is None or term.past.until < remembered.past.until:
                    term.past = remembered.past
        for fact in self.facts:
            for value in fact.values:
                self._term(value).facts.add(fact)
                self._term(value).known |= value in fact.known
        began = self.latest(_BEGAN, settled)
        self._last_began = None if began is None else began.time
        meeting = self._meeting()
        for value, term in self._terms.items():
            term.restore(meeting)
            for episode in term.episodes(meeting.remember):
                if episode.start is not None and episode.before not in term.sent:
                    self._take_note(value, term, episode, settled)

    def _take_note(self, value: GroupValue, term: Term, episode: Episode, settled: datetime | None) -> None:
        """Restore the outcome of an episode as of when ``settled`` was stored."""
        assert episode.start is not None
        if settled is None or self._wait(episode, settled - INSTANT) is not None:
            self._early.add(value)
            return
        identity = _identity(value, episode)
        opening = self._opening(episode.start)
        held_back = Mark(name=_HELD_BACK, time=episode.start, ident=identity).suffix in self.marks
        if held_back or self._is_silent(term, episode.start) or opening == _NEVER:
            term.sent[episode.before] = SILENT
            return
        term.sent[episode.before] = episode.rank
        if opening is not None and opening >= settled:
            self._held[identity] = opening
            self._look_again(value, opening)
        elif episode.start >= settled:
            self._unsent.add(identity)
            self._look_again(value, episode.start)

    def rules_changed(self, rule: Rule) -> None:
        super().rules_changed(rule)
        assert isinstance(rule.kind, NewTerm)
        self._kind = rule.kind

    def observe(self, fact: Fact, out: Outcome) -> None:
        self.facts.add(fact)
        meeting = self._meeting()
        for value in fact.values:
            if self._term(value).add(fact, value, meeting):
                for _, _, _, episode in self._consider(value, self.now, out):
                    self._decide(value, episode, out)

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:  # noqa: ARG002 - self.log
        early, self._early = self._early, set()
        values = [*sorted(early, key=str), *self._take_due(now)]
        while values:
            certain = [one for value in values for one in self._consider(value, now, out)]
            for _, _, value, episode in sorted(certain, key=lambda one: one[:2]):
                self._decide(value, episode, out)
                self._emit_moment(value, episode, now, out)
            values = self._take_due(now)
        self._forget(settled, out)

    def _take_due(self, now: datetime) -> list[GroupValue]:
        values = []
        while self._agenda and self._agenda[0][0] < now:
            moment, _, value = heapq.heappop(self._agenda)
            if self._pending.get(value) == moment:
                del self._pending[value]
                values.append(value)
        return values

    def due(self) -> datetime | None:
        if self._early:
            return BEGINNING
        while self._agenda and self._pending.get(self._agenda[0][2]) != self._agenda[0][0]:
            heapq.heappop(self._agenda)
        moments = [moment for moment, _, _ in self._agenda[:1]]
        first = self.facts.first
        if first is not None and not self._held:
            moments.append(first.time + 2 * self._kind.window + 2 * INSTANT)
        return min(moments, default=None)

    def _meeting(self) -> Meeting:
        kind = self._kind
        return Meeting(window=kind.window, levels=kind.at_least, distinct=kind.distinct, remember=kind.remember)

    def _term(self, value: GroupValue) -> Term:
        term = self._terms.get(value)
        if term is None:
            term = self._terms[value] = Term(self.facts.linked)
        return term

    def _look_again(self, value: GroupValue, moment: datetime) -> None:
        known = self._pending.get(value)
        if known is None or moment < known:
            self._pending[value] = moment
            heapq.heappush(self._agenda, (moment, next(self._numbers), value))

    def _consider(self, value: GroupValue, now: datetime | None, out: Outcome) -> list[_Certain]:
        """Report what is new about a value's alerts; return the episodes that are certain and still undecided."""
        term = self._terms.get(value)
        certain: list[_Certain] = []
        for episode in list(term.episodes(self._kind.remember)) if term is not None else ():
            assert term is not None
            if episode.start is not None and episode.before not in term.sent:
                wait = self._wait(episode, now)
                if wait is None:
                    certain.append((episode.start, str(value), value, episode))
                else:
                    # until the log's beginning is certain, it may turn out to be older than it looks
                    settled = now is not None and self.log.start is not None and self.log.start < now
                    if settled:
                        self._look_again(value, wait)
                    else:
                        self._early.add(value)
                continue
            identity, sent = _identity(value, episode), term.sent.get(episode.before, SILENT)
            opening = self._held.get(identity)
            if opening is not None and now is not None and opening < now:
                del self._held[identity]
                out.changes.append(self._change(value, episode, opening, first=True))
            elif opening is not None:
                self._look_again(value, opening)
            elif sent != SILENT and episode.rank > sent:
                out.changes.append(self._change(value, episode, episode.peak, first=False))
            if sent != SILENT:
                term.sent[episode.before] = max(sent, episode.rank)
                self._emit_moment(value, episode, now, out)
        return certain

    def _wait(self, episode: Episode, now: datetime | None) -> datetime | None:
        """When to consider an episode again; None if no article that may still come can undo its beginning."""
        assert episode.start is not None
        if self.log.start is None:
            return episode.start
        until = self.log.start + self._kind.learning()
        if episode.before is not None:
            until = max(until, episode.before + self._kind.remember)
        if self.rule.throttle or self.rule.schedule.openings:
            # another value's alert may hold it back, or its beginning may turn out to lie before the schedule opens
            until = max(until, episode.start)
        return None if now is not None and now > until else until

    def _is_silent(self, term: Term, start: datetime) -> bool:
        return term.known or not self.log.older_than(self._kind.learning(), start)

    def _opening(self, start: datetime) -> datetime | None:
        """When a schedule that is closed at ``start`` releases an alert (``_NEVER`` if never); None if it is open."""
        if self.rule.schedule.open(start):
            return None
        return self.rule.schedule.next_opening(start) or _NEVER

    def _decide(self, value: GroupValue, episode: Episode, out: Outcome) -> None:
        """Begin an alert, unless it must be silent or is held back."""
        term, start, identity = self._terms[value], episode.start, _identity(value, episode)
        assert start is not None
        term.sent[episode.before] = SILENT
        if self._is_silent(term, start):
            return
        if self.rule.throttle:
            if self._last_began is not None and start - self._last_began < self.rule.throttle:
                self.put(Mark(name=_HELD_BACK, time=start, ident=identity), out)
                return
            self._last_began = start
            self.put(Mark(name=_BEGAN, time=start, ident=identity), out)
        opening = self._opening(start)
        out.dropped += opening is not None
        if opening == _NEVER:
            return
        term.sent[episode.before] = episode.rank
        self._unsent.add(identity)
        self._look_again(value, start)
        if opening is None:
            out.changes.append(self._change(value, episode, episode.peak, first=True))
        else:
            self._held[identity] = opening

    def _emit_moment(self, value: GroupValue, episode: Episode, now: datetime | None, out: Outcome) -> None:
        """Emit the beginning of an alert once no earlier one can come."""
        identity, start = _identity(value, episode), episode.start
        if identity not in self._unsent or start is None:
            return
        if now is None or start >= now:
            self._look_again(value, start)
            return
        self._unsent.discard(identity)
        out.moments.append(Moment(identity, start, self._terms[value].facts.last_until(start)))
        if identity in self._held:
            self._look_again(value, self._held[identity])

    def _change(self, value: GroupValue, episode: Episode, time: datetime, *, first: bool) -> Change:
        level = self._kind.at_least.levels[episode.rank]
        start = episode.peak - self._kind.window
        facts = self._terms[value].facts
        return Change(
            identity=_identity(value, episode),
            revision=1 + episode.rank,
            state="firing" if first else "updated",
            severity=level.severity_of(self.rule.severity),
            count=counted(facts, start, episode.peak, self._kind.distinct),
            threshold=level.number,
            start=start,
            end=episode.peak,
            starts_at=episode.start or episode.peak,
            updated_at=time,
            value=value,
            current=value,
            evidence=tuple(facts.between(start, episode.peak)[-MOST_EVIDENCE:]),
        )

    def _forget(self, settled: datetime, out: Outcome) -> None:
        """Summarise what lies behind the stored watermark as the past, and delete its articles."""
        first, window = self.facts.first, self._kind.window
        if first is None or self._held or first.time + 2 * window >= settled:
            return
        until, facts_until = settled - INSTANT, settled - window - INSTANT
        for value in list(self._terms):
            term = self._terms[value]
            oldest = term.facts.first
            if oldest is None or oldest.time > facts_until:
                continue
            before = term.past
            if term.forget(until, facts_until, self._kind.remember):
                if before is not None:
                    self.drop(_past_mark(value, before), out)
                assert term.past is not None
                self.put(_past_mark(value, term.past), out)
            if term.past is None and not len(term.facts):
                del self._terms[value]
        self.prune(facts_until, out)
        self._drop_marks(until, out)

    def _drop_marks(self, until: datetime, out: Outcome) -> None:
        last = self.latest(_BEGAN, until)
        for mark in list(self.marks.values()):
            needless = mark.name == _HELD_BACK and mark.time < until - self._kind.window
            if needless or (mark.name == _BEGAN and last is not None and mark.time < last.time):
                self.drop(mark, out)
        remembered = [(term.past, _name(value), value) for value, term in self._terms.items() if term.past]
        if len(remembered) > MOST_VALUES:
            remembered.sort(key=lambda one: (one[0].last, one[1]))
            for past, _, value in remembered[:-MOST_VALUES]:
                self._terms[value].past = None
                if not len(self._terms[value].facts):
                    del self._terms[value]
                self.drop(_past_mark(value, past), out)
                out.bounded += 1


def _past_mark(value: GroupValue, past: Past) -> Mark:
    data = msgspec.msgpack.encode(_Remembered(value, past))
    return Mark(name=_PAST, time=past.until, ident=_name(value), data=data)


def _name(value: GroupValue) -> str:
    return msgspec.json.encode(value).decode()


def _identity(value: GroupValue, episode: Episode) -> str:
    """The identity of an episode: the value, and when it was last met before."""
    return f"{_name(value)} {'never' if episode.before is None else episode.before.isoformat()}"
