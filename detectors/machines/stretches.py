"""Upper bounds of a count for whole stretches of moments: one question instead of one for each moment.

A window that contains the windows of all moments of a stretch counts at least as much as each of them. Such windows
stay where they are, and take up the facts that have come when they are asked: what a fact costs depends neither on the
number of moments nor on the order in which facts arrive.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.facts.tallies import Tally
from detectors.model.event_time import INSTANT
from detectors.timeline.intervals import interval_start

MOST_PASSED = 8
"""How often the few moments of a stretch are judged one by one before its halves are counted, too."""


class _Window:
    """The window (start, end], its tally, and the facts that have not entered it yet."""

    __slots__ = ("_end", "_start", "_tally", "_waiting", "passed")

    def __init__(self, facts: Facts, start: datetime, end: datetime, tally: Tally) -> None:
        self._start = start
        self._end = end
        self._tally = tally
        self.passed = 0
        self._waiting: dict[Any, Fact] = {fact.order: fact for fact in facts.between(start, end)}

    def add(self, fact: Fact) -> None:
        if self._start < fact.time <= self._end:
            self._waiting[fact.order] = fact

    def remove(self, fact: Fact) -> None:
        if self._start < fact.time <= self._end and self._waiting.pop(fact.order, None) is None:
            self._tally.leave(fact)

    def number(self) -> int:
        for fact in self._waiting.values():
            self._tally.enter(fact)
        self._waiting.clear()
        return self._tally.number()


class Stretches:
    """The counts of stretches of moments; ``reach`` is the length of a moment's window.

    A stretch is an aligned interval about as long as a window; on each further level half as long.
    """

    DEPTH = 10
    """Levels below the longest stretch."""

    __slots__ = ("_facts", "_make", "_reach", "_shortest", "_windows")

    def __init__(self, facts: Facts, reach: timedelta, make: Callable[[], Tally]) -> None:
        self._facts = facts
        self._make = make
        self._reach = reach
        self._shortest = max(INSTANT, reach // 2**self.DEPTH)
        self._windows: dict[tuple[datetime, datetime], _Window] = {}
        make()  # what tallies share must follow the facts before these windows do

    def stretch(self, moment: datetime, level: int) -> tuple[datetime, datetime]:
        """The stretch [start, end) that holds a moment."""
        length = self._shortest * 2 ** (self.DEPTH - level)
        start = interval_start(moment, length)
        return start, start + length

    def most(self, start: datetime, end: datetime) -> int:
        """The highest number that a moment of a stretch can have."""
        window = self._windows.get((start, end))
        if window is None:
            window = _Window(self._facts, start - self._reach, end - INSTANT, self._make())
            self._windows[start, end] = window
        return window.number()

    def divide(self, start: datetime, end: datetime) -> bool:
        """Whether to ask the halves of a stretch whose few moments were judged one by one so far."""
        window = self._windows[start, end]
        window.passed += 1
        return window.passed > MOST_PASSED

    def drop_before(self, moment: datetime) -> None:
        """Forget the stretches before ``moment``."""
        for stretch in [stretch for stretch in self._windows if stretch[1] <= moment]:
            del self._windows[stretch]

    def added(self, fact: Fact) -> None:
        """A fact was added."""
        for window in self._windows.values():
            window.add(fact)

    def dropped(self, fact: Fact) -> None:
        """A fact was dropped."""
        for window in self._windows.values():
            window.remove(fact)
