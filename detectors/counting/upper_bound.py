"""An upper bound of the articles that can be chosen, without trying: it proves a choice in order optimal."""

from __future__ import annotations

from collections import Counter
from typing import Any

from detectors.counting.conflicts import Conflicts, Key
from detectors.facts.fact import Fact


class Ceiling:
    """The maximum number of articles without a conflict, kept up to date as they come and go.

    Partition the articles into groups of which one article each can be chosen: the number of groups is an upper bound.
    Done twice, by name (article, or value of ``distinct`` where those of one value are in conflict) and by similarity;
    the smaller one wins.
    """

    __slots__ = ("_alike", "_conflicts", "_names", "_unlike")

    def __init__(self, conflicts: Conflicts) -> None:
        self._conflicts = conflicts
        self._names: Counter[Key] = Counter()
        self._alike: Counter[int] = Counter()
        self._unlike = 0  # without a fingerprint

    def add(self, fact: Fact) -> None:
        """One more fact."""
        self._names[self._conflicts.keys(fact)[-1]] += 1
        clique = self._conflicts.clique(fact)
        if clique is None:
            self._unlike += 1
        else:
            self._alike[clique] += 1

    def remove(self, fact: Fact) -> None:
        """One less."""
        _take_one(self._names, self._conflicts.keys(fact)[-1])
        clique = self._conflicts.clique(fact)
        if clique is None:
            self._unlike -= 1
        else:
            _take_one(self._alike, clique)

    def number(self) -> int:
        """The bound."""
        return min(len(self._names), len(self._alike) + self._unlike)


def _take_one(counter: Counter[Any], value: Any) -> None:
    if counter[value] > 1:
        counter[value] -= 1
    else:
        del counter[value]
