"""What a window of facts counts, kept up to date while the window moves: no look at all of it for each article."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from detectors.facts.facts import Fact, Facts


class Tally(ABC):
    """A count of the facts that have entered and not left."""

    @abstractmethod
    def enter(self, fact: Fact) -> None:
        """A fact is in the window now."""

    @abstractmethod
    def leave(self, fact: Fact) -> None:
        """A fact that entered is in the window no more."""

    @abstractmethod
    def number(self) -> int:
        """How many there are."""


class Different(Tally):
    """Different values; ``values_of`` gives those of a fact."""

    __slots__ = ("_times", "_values_of")

    def __init__(self, values_of: Callable[[Fact], Iterable[Hashable]]) -> None:
        self._values_of = values_of
        self._times: dict[Hashable, int] = {}

    def enter(self, fact: Fact) -> None:
        for value in self._values_of(fact):
            self._times[value] = self._times.get(value, 0) + 1

    def leave(self, fact: Fact) -> None:
        for value in self._values_of(fact):
            left = self._times[value] - 1
            if left:
                self._times[value] = left
            else:
                del self._times[value]

    def number(self) -> int:
        return len(self._times)


class Those(Tally):
    """Of the facts those that meet a condition, counted by another tally."""

    __slots__ = ("_counting", "_meets")

    def __init__(self, meets: Callable[[Fact], bool], counting: Tally) -> None:
        self._meets = meets
        self._counting = counting

    def enter(self, fact: Fact) -> None:
        if self._meets(fact):
            self._counting.enter(fact)

    def leave(self, fact: Fact) -> None:
        if self._meets(fact):
            self._counting.leave(fact)

    def number(self) -> int:
        return self._counting.number()


T = TypeVar("T", bound=Tally)


class MovingWindow(Generic[T]):
    """A window (start, end] over the facts of a group, and its tally. Moving it costs what enters and leaves."""

    __slots__ = ("_end", "_facts", "_make", "_start", "_tally")

    def __init__(self, facts: Facts, make: Callable[[], T]) -> None:
        self._facts = facts
        self._make = make
        self._tally = make()
        self._start: datetime | None = None
        self._end: datetime | None = None

    def at(self, start: datetime, end: datetime) -> T:
        """The tally of (start, end]; good until the next move."""
        before, until = self._start, self._end
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
        """The facts have one more."""
        if self._holds(fact.time):
            self._tally.enter(fact)

    def dropped(self, fact: Fact) -> None:
        """The facts have one less."""
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
