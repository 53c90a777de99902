"""Counts of aligned intervals, each kept for itself: articles of other intervals, in whatever order, cost nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.facts.tallies import Tally
from detectors.timeline.intervals import interval_start


class Intervals:
    """The counts of the intervals of ``length`` of a group's facts; ``make`` makes an empty one."""

    __slots__ = ("_facts", "_held", "_length", "_make", "_tallies")

    def __init__(self, facts: Facts, length: timedelta, make: Callable[[], Tally]) -> None:
        self._facts = facts
        self._length = length
        self._make = make
        self._tallies: dict[datetime, Tally] = {}
        self._held: dict[datetime, int] = {}
        make()  # what tallies share must follow the facts before these do

    def number(self, start: datetime) -> int:
        """The count of the interval that begins at ``start``."""
        tally = self._tallies.get(start)
        if tally is None:
            facts = self._facts.since(start, start + self._length)
            if not facts:
                return 0
            tally = self._tallies[start] = self._make()
            self._held[start] = len(facts)
            for fact in facts:
                tally.enter(fact)
        return tally.number()

    def added(self, fact: Fact) -> None:
        """A fact was added."""
        start = interval_start(fact.time, self._length)
        tally = self._tallies.get(start)
        if tally is not None:
            tally.enter(fact)
            self._held[start] += 1

    def dropped(self, fact: Fact) -> None:
        """A fact was dropped."""
        start = interval_start(fact.time, self._length)
        tally = self._tallies.get(start)
        if tally is not None:
            tally.leave(fact)
            self._held[start] -= 1
            if not self._held[start]:
                del self._tallies[start], self._held[start]
