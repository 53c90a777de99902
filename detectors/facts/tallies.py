"""Counts of facts, kept up to date as facts enter and leave a window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable

from detectors.facts.fact import Fact


class Tally(ABC):
    """A count of the facts that have entered and not left."""

    @abstractmethod
    def enter(self, fact: Fact) -> None:
        """A fact entered the window."""

    @abstractmethod
    def leave(self, fact: Fact) -> None:
        """A fact that had entered left the window."""

    @abstractmethod
    def number(self) -> int:
        """The current count."""


class Different(Tally):
    """The number of different values; ``values_of`` gives those of a fact."""

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


class Filtered(Tally):
    """Counts, by another tally, the facts that meet a condition."""

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
