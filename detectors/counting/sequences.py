"""Which articles of a group are part of complete sequences of steps, updated fact by fact.

For each time and step it stores the latest beginning of the sequences that reach the step by then, and the earliest end
of those that continue from then on. Neither depends on a window: a fact is part of a complete sequence in the window
(start, end] if at some step the sequence begins after ``start`` and does not end after ``end``. A new fact changes the
bounds of its neighbours, up to the first whose bounds are no worse without it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts

_Best = tuple[tuple[datetime, str], ...]
"""The best bound of the sequences up to (or from) a step with its article, and the best bound with another article.

Two consecutive steps are never the same article, though versions of it may differ in time.
"""
_Bests = tuple[_Best, ...]


def _bound(best: _Best, fact: Fact) -> datetime | None:
    """The best bound of a sequence by an article other than the fact's."""
    return next((bound for bound, article in best if article != fact.article_id), None)


def _united(best: _Best, more: Iterable[tuple[datetime, str]], *, latest: bool) -> _Best:
    """The best bounds of both, each article once."""
    known = {article: bound for bound, article in best}
    for bound, article in more:
        mine = known.get(article, bound)
        known[article] = max(mine, bound) if latest else min(mine, bound)
    return tuple(sorted(((bound, article) for article, bound in known.items()), reverse=latest)[:2])


class _Way(NamedTuple):
    """A direction through the steps, from the step ``edge``; ``behind`` (-1 or 1) is the offset of the previous step.

    Forwards the latest beginning is best, backwards the earliest end.
    """

    edge: int
    behind: int

    def bound(self, fact: Fact, step: int, bests: _Bests) -> datetime | None:
        """The best bound of the sequences that a fact continues at a step, given the best bounds before its time."""
        return fact.time if step == self.edge else _bound(bests[step - 1 + self.behind], fact)

    def bests(self, known: _Bests, before: _Bests, facts: Iterable[Fact]) -> _Bests:
        """The best bounds at a time, given the bounds ``before`` it and the ``facts`` at it that may improve them."""
        latest = self.behind < 0
        best = [
            mine if mine == theirs else _united(mine, theirs, latest=latest)
            for mine, theirs in zip(known, before, strict=True)
        ]
        for fact in facts:
            for step in fact.steps:
                bound = self.bound(fact, step, before)
                if bound is not None:
                    best[step - 1] = _united(best[step - 1], ((bound, fact.article_id),), latest=latest)
        return tuple(best)


class Sequences:
    """The sequences of ``steps`` steps that the facts of a group form.

    ``turned`` and ``grown`` describe the effect of the last fact: the stretch of time in which a complete sequence now
    begins later, and the maximum number of facts whose sequences changed.
    """

    __slots__ = ("_back", "_begun", "_ended", "_facts", "_forth", "_none", "_times", "grown", "turned")

    def __init__(self, facts: Facts, steps: int) -> None:
        self._forth, self._back = _Way(1, -1), _Way(steps, 1)
        self._none: _Bests = ((),) * steps
        self._times: list[datetime] = []
        self._facts: list[list[Fact]] = []  # by time, like the next two
        self._begun: list[_Bests] = []
        self._ended: list[_Bests] = []
        self.turned: tuple[datetime, datetime] | None = None
        self.grown = 0
        for fact in facts:
            self.added(fact)
        if self._times:  # after loading many facts at once, everything may have changed
            self.turned, self.grown = (self._times[0], self._times[-1]), len(facts)

    def added(self, fact: Fact) -> None:
        """Add a fact of the group."""
        place = bisect_left(self._times, fact.time)
        if place == len(self._times) or self._times[place] != fact.time:
            self._times.insert(place, fact.time)
            self._facts.insert(place, [])
            self._begun.insert(place, self._begun_before(place))
            self._ended.insert(place, self._ended_after(place))
        insort(self._facts[place], fact)
        first = last = place
        turned: list[datetime] = []
        facts: list[Fact] = [fact]
        while last < len(self._times):
            before = self._begun[last]
            after = self._begun[last] = self._forth.bests(before, self._begun_before(last), facts)
            if after[-1][:1] != before[-1][:1]:
                turned.append(self._times[last])
            if after == before:
                break
            last += 1
            facts = self._facts[last] if last < len(self._times) else []
        facts = [fact]
        while first >= 0:
            before = self._ended[first]
            self._ended[first] = self._back.bests(before, self._ended_after(first), facts)
            if self._ended[first] == before:
                break
            first -= 1
            facts = self._facts[first]
        self.turned = (turned[0], turned[-1]) if turned else None
        places = (other for other in range(max(first, 0), min(last + 1, len(self._times))) if other != place)
        self.grown = 1 + sum(self._is_member(other, one) for other in places for one in self._facts[other])

    def dropped(self, fact: Fact) -> None:
        """Remove the first fact of the group: sequences that began with it began before every window still needed."""
        place = bisect_left(self._times, fact.time)
        self._facts[place].remove(fact)
        if not self._facts[place]:
            del self._times[place], self._facts[place], self._begun[place], self._ended[place]

    def latest_start(self, moment: datetime) -> datetime | None:
        """The latest beginning of a complete sequence that ends by ``moment``."""
        place = bisect_right(self._times, moment)
        whole = self._begun[place - 1][-1] if place else ()
        return whole[0][0] if whole else None

    def members(self, start: datetime, end: datetime) -> Iterator[Fact]:
        """The facts that are part of complete sequences in the window (start, end], the last first."""
        for place in range(bisect_right(self._times, end) - 1, bisect_right(self._times, start) - 1, -1):
            for fact in reversed(self._facts[place]):
                if self._is_member(place, fact, start, end):
                    yield fact

    def _is_member(self, place: int, fact: Fact, start: datetime | None = None, end: datetime | None = None) -> bool:
        begun, ended = self._begun_before(place), self._ended_after(place)
        for step in fact.steps:
            begins = self._forth.bound(fact, step, begun)
            if begins is None or (start is not None and begins <= start):
                continue
            ends = self._back.bound(fact, step, ended)
            if ends is not None and (end is None or ends <= end):
                return True
        return False

    def _begun_before(self, place: int) -> _Bests:
        return self._begun[place - 1] if place else self._none

    def _ended_after(self, place: int) -> _Bests:
        return self._ended[place + 1] if place + 1 < len(self._ended) else self._none
