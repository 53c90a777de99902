"""What a kind counts in a window: articles, stories, or different values."""

from __future__ import annotations

from bisect import bisect_left, insort
from datetime import datetime, timedelta

from detectors.counting.copies import Copies
from detectors.counting.stories import Stories
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.facts.tallies import Different, Tally
from detectors.model.event_time import INSTANT


def counted(facts: Facts, start: datetime, end: datetime, distinct: str) -> int:
    """The number of articles, stories or values of ``distinct`` in the window (start, end]."""
    if distinct == "article":
        return facts.count(start, end)
    return facts.window(distinct, lambda: tally(distinct, facts)).at(start, end).number()


def tally(distinct: str, facts: Facts) -> Tally:
    """An empty count of articles, stories or values of ``distinct`` of a group."""
    if distinct == "story":
        return stories(facts)
    return Different(lambda fact: () if (value := _value(fact, distinct)) is None else (value,))


def _value(fact: Fact, distinct: str) -> str | None:
    """The value of a fact that is counted once; None if it has none."""
    return fact.article_id if distinct == "article" else fact.distinct


def newly_counted(facts: Facts, fact: Fact, window: timedelta, distinct: str) -> tuple[datetime, datetime]:
    """The first and last moment whose window may count one more because of the last added fact.

    first > last if there is none: the fact adds no value to those around it.
    """
    first, last = fact.time, fact.time + window
    if distinct == "story" or (distinct == "article" and facts.one_version_each):
        return first, last
    value = _value(fact, distinct)
    if value is None:
        return last, first
    before, after = facts.follow(("times", distinct), lambda: _Times(facts, distinct)).around(value, fact)
    if before is not None:
        first = max(first, before + window)
    if after is not None:
        last = min(last, after - INSTANT)
    return first, last


class _Times:
    """The times of the facts of each value."""

    __slots__ = ("_distinct", "_times")

    def __init__(self, facts: Facts, distinct: str) -> None:
        self._distinct = distinct
        self._times: dict[str, list[datetime]] = {}
        for fact in facts:
            self.added(fact)

    def added(self, fact: Fact) -> None:
        value = _value(fact, self._distinct)
        if value is not None:
            insort(self._times.setdefault(value, []), fact.time)

    def dropped(self, fact: Fact) -> None:
        value = _value(fact, self._distinct)
        if value is not None:
            times = self._times[value]
            del times[bisect_left(times, fact.time)]
            if not times:
                del self._times[value]

    def around(self, value: str, fact: Fact) -> tuple[datetime | None, datetime | None]:
        """The times of the facts with this value before and after ``fact``; its own time if others share it."""
        times = self._times[value]
        place = bisect_left(times, fact.time)
        before = times[place - 1] if place else None
        return before, times[place + 1] if place + 1 < len(times) else None


def stories(facts: Facts, *, once_each: bool = False) -> Stories:
    """An empty count of the stories of a group; with ``once_each``, one story per value of ``distinct``."""
    return Stories(facts.follow("copies", lambda: _Fingerprints(facts)).copies, facts.linked, once_each=once_each)


class _Fingerprints:
    """The fingerprints of a group's facts, for all windows, so that copies are determined only once."""

    __slots__ = ("copies",)

    def __init__(self, facts: Facts) -> None:
        self.copies = Copies()
        for fact in facts:
            self.added(fact)

    def added(self, fact: Fact) -> None:
        if fact.fingerprint:
            self.copies.add(fact.fingerprint)

    def dropped(self, fact: Fact) -> None:
        if fact.fingerprint:
            self.copies.remove(fact.fingerprint)
