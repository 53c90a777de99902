"""When each value of a field was met: what ``new_term`` remembers of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from detectors.counting.counted import counted
from detectors.facts.fact import Bound, Fact
from detectors.facts.facts import Facts
from detectors.model.event_time import BEGINNING, INSTANT
from detectors.rules.thresholds import Thresholds

SILENT = -1
"""Used in place of a rank: no alert was sent, and none will be."""


class Past(msgspec.Struct, frozen=True, array_like=True):
    """Summary of a value's moments up to and including ``until``: when it was last met, and in which episode.

    ``before`` is when it was last met before that episode, None for never; ``rank`` is that of the alert sent.
    """

    until: datetime
    last: datetime
    before: datetime | None
    rank: int


class Episode(msgspec.Struct, frozen=True):
    """Moments at which a value was met, each less than ``remember`` after the previous one.

    ``start`` is the first moment, None if it lies in the past; ``peak`` is the first moment with the highest ``rank``.
    """

    before: datetime | None
    start: datetime | None
    rank: int
    peak: datetime


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """When a value counts as met: ``window`` holds the lowest of ``levels`` articles (or ``distinct`` values)."""

    window: timedelta
    levels: Thresholds
    distinct: str
    remember: timedelta


class Term:
    """One value: its articles, and the moments at which it was met. Further articles only add moments."""

    __slots__ = ("_met", "_ranks", "facts", "known", "past", "sent")

    def __init__(self, linked: Bound) -> None:
        self.facts = Facts(linked)
        self.past: Past | None = None
        self.known = False
        self.sent: dict[datetime | None, int] = {}  # the rank of the alert sent, by when the value was met before
        self._met: list[datetime] = []
        self._ranks: dict[datetime, int] = {}

    def restore(self, meeting: Meeting) -> None:
        """Derive the moments from the articles and the past."""
        if self.past is not None:
            self.sent[self.past.before] = self.past.rank
        self._meet(list(dict.fromkeys(fact.time for fact in self.facts)), meeting)

    def add(self, fact: Fact, value: object, meeting: Meeting) -> bool:
        """Add an article; return whether it may cause or change an alert."""
        self.facts.add(fact)
        self.known |= value in fact.known
        last = fact.time + meeting.window - INSTANT
        return self._meet(self.facts.moments(fact.time, last), meeting)

    def _meet(self, moments: list[datetime], meeting: Meeting) -> bool:
        matters = False
        for moment in moments:
            if self.past is not None and moment <= self.past.until:
                continue
            level = meeting.levels.at_least(counted(self.facts, moment - meeting.window, moment, meeting.distinct))
            if level is None:
                continue
            rank = meeting.levels.levels.index(level)
            known = self._ranks.get(moment)
            if known is None:
                insort(self._met, moment)
                matters |= self._may_begin(moment, meeting.remember)
            if known is None or rank > known:
                self._ranks[moment] = rank
                matters |= rank > 0
        return matters

    def _may_begin(self, moment: datetime, remember: timedelta) -> bool:
        """Whether an episode begins at a new moment, or now begins at the next one."""
        place = bisect_left(self._met, moment)
        before = self._met[place - 1] if place else self.past.last if self.past is not None else None
        if before is None or moment - before >= remember:
            return True
        return place + 1 < len(self._met) and self._met[place + 1] - moment >= remember

    def episodes(self, remember: timedelta) -> Iterator[Episode]:
        """The episodes in order, starting with the one that continues from the past."""
        past = self.past
        before, start = (past.before, None) if past is not None else (None, None)
        last = past.last if past is not None else None
        rank, peak = (past.rank, past.last) if past is not None else (SILENT, BEGINNING)
        begun = past is not None
        for moment in self._met:
            if last is None or moment - last >= remember:
                if begun:
                    yield Episode(before, start, rank, peak)
                before, start, rank, peak, begun = last, moment, SILENT, moment, True
            if self._ranks[moment] > rank:
                rank, peak = self._ranks[moment], moment
            last = moment
        if begun:
            yield Episode(before, start, rank, peak)

    def forget(self, until: datetime, facts_until: datetime, remember: timedelta) -> bool:
        """Move the moments up to ``until`` into the past, and drop the articles up to ``facts_until``.

        Returns whether the past changed.
        """
        self.facts.drop_until(facts_until)
        end = bisect_right(self._met, until)
        if not end:
            return False
        later, last = self._met[end:], self._met[end - 1]
        self._met = self._met[:end]
        *_, episode = self.episodes(remember)
        self.past = Past(until, last, episode.before, self.sent.get(episode.before, SILENT))
        self.sent = {before: rank for before, rank in self.sent.items() if before is not None and before >= last}
        self.sent[episode.before] = self.past.rank
        for moment in self._met:
            del self._ranks[moment]
        self._met = later
        return True
