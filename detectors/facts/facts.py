"""The facts of one group: a sorted set of observations, each written once; windows are slices of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from sys import intern
from typing import Any, Protocol, TypeVar, cast

import msgspec

from detectors.facts.tallies import Different, MovingWindow, T, Tally
from detectors.model.alert import Evidence, GroupValue
from detectors.model.observation import Observation
from detectors.model.sightings import Seen

MOST_FACTS = 10_000
"""Facts a group; the oldest goes first, and is counted."""


class _Detail(msgspec.Struct, frozen=True, array_like=True):
    evidence: Evidence | None
    seen: Seen


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Detail)


class Fact:
    """One observation as a group keeps it; ``order`` is (time, article id, content hash), unique in its group.

    What only alerts show (evidence, values for templates) is kept packed; what is the same in the facts of all rules
    and groups of an article (id, hash, fingerprint) is held once.
    """

    __slots__ = ("_packed", "distinct", "fingerprint", "known", "number", "order", "steps", "values")

    def __init__(self, observation: Observation) -> None:
        self.order = (observation.time, intern(observation.article_id), intern(observation.content_hash))
        self.fingerprint = intern(observation.fingerprint)
        self.steps = observation.steps
        self.distinct = None if observation.distinct is None else intern(observation.distinct)
        self.values: tuple[GroupValue, ...] = observation.values
        self.known: tuple[GroupValue, ...] = observation.known
        self.number = observation.number
        self._packed = _ENCODER.encode(_Detail(observation.evidence, observation.seen))

    @property
    def time(self) -> datetime:
        return self.order[0]

    @property
    def article_id(self) -> str:
        return self.order[1]

    @property
    def evidence(self) -> Evidence | None:
        return _DECODER.decode(self._packed).evidence

    @property
    def seen(self) -> Seen:
        return _DECODER.decode(self._packed).seen

    def __lt__(self, other: Fact) -> bool:
        return self.order < other.order


def _order(fact: Fact) -> Any:
    return fact.order


def _time(fact: Fact) -> datetime:
    return fact.order[0]


def _articles() -> Tally:
    return Different(lambda fact: (fact.article_id,))


class Follower(Protocol):
    """What is kept up to date with the facts of a group."""

    def added(self, fact: Fact) -> None:
        """The facts have one more."""

    def dropped(self, fact: Fact) -> None:
        """The facts have one less, the first of them."""


F = TypeVar("F", bound=Follower)


class Bound:
    """Remembers that a bound was reached, until it is asked."""

    __slots__ = ("_reached",)

    def __init__(self) -> None:
        self._reached = False

    def reach(self) -> None:
        """It was reached."""
        self._reached = True

    def ask(self) -> bool:
        """Whether it was reached since it was asked last."""
        reached, self._reached = self._reached, False
        return reached


class Facts:
    """A set of facts in order of time, then article id. Two versions of an article are two facts with one id.

    ``linked`` is the bound on articles of which the most without a conflict are counted exactly.
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
        """Add a fact; False where it was known."""
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
        """A window over these facts that keeps its tally while it moves; ``name`` tells windows apart."""
        return self.follow(name, lambda: MovingWindow(self, make))

    def follow(self, name: Hashable, make: Callable[[], F]) -> F:
        """What is kept up to date with these facts as they come and go; ``make`` makes it of those there are."""
        follower = self._windows.get(name)
        if follower is None:
            follower = self._windows[name] = make()
        return cast("F", follower)

    def forget_windows(self) -> None:
        """Count anew: what is counted has changed."""
        self._windows.clear()

    def drop_until(self, time: datetime) -> list[Fact]:
        """Remove and return the facts with a time up to and including ``time``."""
        return self._cut(bisect_right(self._facts, time, key=_time))

    def drop_oldest(self) -> Fact | None:
        """Remove and return the oldest fact where there are more than allowed."""
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
        """How many different articles the window (start, end] holds."""
        low, high = self._bounds(start, end)
        if self.one_version_each:
            return high - low
        return self.window(end - start, _articles).at(start, end).number()

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
