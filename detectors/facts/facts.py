"""The facts of one group: a sorted set of observations, each written once; windows are slices of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from detectors.facts.fact import Bound, Fact, Follower
from detectors.facts.tallies import Different, Tally

MOST_FACTS = 10_000
"""Limit on facts per group; the oldest is evicted first, and counted."""


T = TypeVar("T", bound=Tally)
F = TypeVar("F", bound=Follower)


def _order(fact: Fact) -> Any:
    return fact.order


def _time(fact: Fact) -> datetime:
    return fact.order[0]


def _articles() -> Tally:
    return Different(lambda fact: (fact.article_id,))


class Facts:
    """A set of facts in order of time, then article id. Two versions of an article are two facts with the same id.

    ``linked`` is the limit on linked articles up to which the largest choice without a conflict is counted exactly.
    """

    __slots__ = ("_facts", "_ids", "_known", "_windows", "linked")

    def __init__(self, linked: Bound | None = None) -> None:
        self.linked = linked or Bound()
        self._facts: list[Fact] = []
        self._known: set[tuple[datetime, str, str]] = set()
        self._ids: dict[str, int] = {}
        self._windows: dict[Hashable, Follower] = {}

    def __len__(self) -> int:
        return len(self._facts)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts)

    def __contains__(self, fact: Fact) -> bool:
        return fact.order in self._known

    def add(self, fact: Fact) -> bool:
        """Add a fact; False if it was already known."""
        if fact.order in self._known:
            return False
        self._known.add(fact.order)
        self._ids[fact.article_id] = self._ids.get(fact.article_id, 0) + 1
        if self._facts and fact.order < self._facts[-1].order:
            insort(self._facts, fact, key=_order)
        else:
            self._facts.append(fact)
        for window in self._windows.values():
            window.added(fact)
        return True

    def window(self, name: Hashable, make: Callable[[], T]) -> MovingWindow[T]:
        """A window over these facts that keeps its tally while it moves; ``name`` identifies it."""
        return self.follow(name, lambda: MovingWindow(self, make))

    def follow(self, name: Hashable, make: Callable[[], F]) -> F:
        """The follower ``name``, kept up to date with these facts; ``make`` creates it from the current facts."""
        follower = self._windows.get(name)
        if follower is None:
            follower = self._windows[name] = make()
        return cast("F", follower)

    def forget_windows(self) -> None:
        """Discard all windows, since what they count has changed."""
        self._windows.clear()

    def drop_until(self, time: datetime) -> list[Fact]:
        """Remove and return the facts up to and including ``time``."""
        return self._cut(bisect_right(self._facts, time, key=_time))

    def drop_oldest(self) -> Fact | None:
        """Remove and return the oldest fact if there are more than ``MOST_FACTS``."""
        return self._cut(1)[0] if len(self._facts) > MOST_FACTS else None

    def _cut(self, end: int) -> list[Fact]:
        dropped = self._facts[:end]
        if dropped:
            del self._facts[:end]
            for fact in dropped:
                for window in self._windows.values():
                    window.dropped(fact)
                self._known.discard(fact.order)
                left = self._ids[fact.article_id] - 1
                if left:
                    self._ids[fact.article_id] = left
                else:
                    del self._ids[fact.article_id]
        return dropped

    def between(self, start: datetime, end: datetime) -> list[Fact]:
        """The facts of the window (start, end]."""
        low, high = self._bounds(start, end)
        return self._facts[low:high]

    def since(self, start: datetime, end: datetime) -> list[Fact]:
        """The facts of the interval [start, end)."""
        low = bisect_left(self._facts, start, key=_time)
        high = bisect_left(self._facts, end, key=_time)
        return self._facts[low:high]

    def from_(self, start: datetime) -> Iterator[Fact]:
        """The facts from ``start`` on."""
        for place in range(bisect_left(self._facts, start, key=_time), len(self._facts)):
            yield self._facts[place]

    def count(self, start: datetime, end: datetime) -> int:
        """The number of different articles in the window (start, end]."""
        low, high = self._bounds(start, end)
        if self.one_version_each:
            return high - low
        return self.window(end - start, _articles).at(start, end).number()

    def size(self, start: datetime, end: datetime) -> int:
        """The number of facts in the window (start, end]."""
        low, high = self._bounds(start, end)
        return high - low

    @property
    def one_version_each(self) -> bool:
        """Whether no two facts are versions of one article."""
        return len(self._ids) == len(self._facts)

    def _bounds(self, start: datetime, end: datetime) -> tuple[int, int]:
        low = bisect_right(self._facts, start, key=_time)
        return low, max(low, bisect_right(self._facts, end, key=_time))

    def moments(self, start: datetime, end: datetime) -> list[datetime]:
        """The different times of the facts in [start, end], in order."""
        low = bisect_left(self._facts, start, key=_time)
        high = bisect_right(self._facts, end, key=_time)
        return list(dict.fromkeys(fact.time for fact in self._facts[low:high]))

    def next_after(self, time: datetime) -> Fact | None:
        """The first fact later than ``time``."""
        place = bisect_right(self._facts, time, key=_time)
        return self._facts[place] if place < len(self._facts) else None

    def last_until(self, time: datetime) -> Fact | None:
        """The last fact not later than ``time``."""
        place = bisect_right(self._facts, time, key=_time)
        return self._facts[place - 1] if place else None

    @property
    def first(self) -> Fact | None:
        return self._facts[0] if self._facts else None

    @property
    def last(self) -> Fact | None:
        return self._facts[-1] if self._facts else None


class MovingWindow(Generic[T]):
    """A window (start, end] over the facts of a group, and its tally. A move costs as much as enters and leaves."""

    __slots__ = ("_end", "_facts", "_make", "_start", "_tally")

    def __init__(self, facts: Facts, make: Callable[[], T]) -> None:
        self._facts = facts
        self._make = make
        self._tally = make()
        self._start: datetime | None = None
        self._end: datetime | None = None

    def at(self, start: datetime, end: datetime) -> T:
        """The tally of (start, end]; valid until the next move."""
        before, until = self._start, self._end
        if (start, end) == (before, until):
            return self._tally
        if before is None or until is None or start >= until or end <= before:
            self._tally = self._make()
            self._enter(start, end)
        else:
            if end > until:
                self._enter(until, end)
            else:
                self._leave(end, until)
            if start > before:
                self._leave(before, start)
            else:
                self._enter(start, before)
        self._start, self._end = start, end
        return self._tally

    def added(self, fact: Fact) -> None:
        """A fact was added."""
        if self._holds(fact.time):
            self._tally.enter(fact)

    def dropped(self, fact: Fact) -> None:
        """A fact was dropped."""
        if self._holds(fact.time):
            self._tally.leave(fact)

    def _holds(self, time: datetime) -> bool:
        return self._start is not None and self._end is not None and self._start < time <= self._end

    def _enter(self, start: datetime, end: datetime) -> None:
        for fact in self._facts.between(start, end):
            self._tally.enter(fact)

    def _leave(self, start: datetime, end: datetime) -> None:
        for fact in self._facts.between(start, end):
            self._tally.leave(fact)
