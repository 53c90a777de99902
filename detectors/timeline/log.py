"""What is known about the log as a whole: when it began, and when it was silent."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from detectors.timeline.intervals import EPOCH

#: An article that no other follows within this time is not the beginning of a log: its date is wrong, or it came alone
#: from an archive. One article dated 1991 would otherwise make every log old enough for every rule.
ALONE = timedelta(days=30)


class Log:
    """The times of all articles of the log, whatever they are about, thinned to what the rules need.

    The log begins at the first time that another follows within :data:`ALONE`. Forever kept are that time, its
    successor, and those before it; besides, the first and last time of each aligned stretch of ``grain``. This tells
    for every window of at least one grain whether it contains an article. The result is a function of the set of times,
    not of their order of arrival. Without a grain only the times around the beginning are kept.
    """

    __slots__ = ("_gone", "_grain", "_known_start", "_leading", "_stretches", "_times")

    def __init__(self, grain: timedelta | None = timedelta(minutes=1)) -> None:
        self._grain = grain
        self._leading: list[datetime] = []  # in order, up to the successor of the beginning
        self._known_start: datetime | None = None
        self._stretches: dict[int, tuple[datetime, datetime]] = {}
        self._times: list[datetime] = []  # the first and last of each stretch, in order
        self._gone: list[datetime] = []

    @property
    def start(self) -> datetime | None:
        """When the log began; None before the first article, the last article as long as each is alone."""
        leading = self._leading
        if not leading:
            return self._known_start
        begun = leading[-2] if self._has_begun() else leading[-1]
        return begun if self._known_start is None else min(begun, self._known_start)

    @property
    def has_alone(self) -> bool:
        """Whether there are articles before the beginning of the log."""
        return bool(self._leading) and self.start != self._leading[0]

    def trust_first(self) -> None:
        """Let the log begin with its very first time, whatever follows it."""
        if self._leading:
            self._known_start = self._leading[0]

    def _has_begun(self) -> bool:
        return len(self._leading) > 1 and self._leading[-1] - self._leading[-2] <= ALONE

    def _lead(self, time: datetime) -> bool:
        """Add a time to the leading ones; False if it tells nothing about the beginning."""
        leading = self._leading
        if self._has_begun() and time >= leading[-1]:
            return False
        place = bisect_left(leading, time)
        if leading[place : place + 1] == [time]:
            return False
        leading.insert(place, time)
        pairs = pairwise(leading)
        end = next((number + 2 for number, (one, next_) in enumerate(pairs) if next_ - one <= ALONE), len(leading))
        self._gone += leading[end:]
        del leading[end:]
        return True

    def add(self, time: datetime) -> bool:
        """Add the time of an article; False if it adds no information."""
        first = self._lead(time)
        if self._grain is None:
            self._gone.append(time)
            return first
        stretch = self._stretch(time)
        ends = self._stretches.get(stretch)
        if ends is None:
            self._stretches[stretch] = (time, time)
        elif time < ends[0]:
            self._stretches[stretch] = (time, ends[1])
            if ends[0] != ends[1]:
                self._remove(ends[0])
        elif time > ends[1]:
            self._stretches[stretch] = (ends[0], time)
            if ends[0] != ends[1]:
                self._remove(ends[1])
        else:
            self._gone.append(time)
            return first
        insort(self._times, time)
        return True

    def take_gone(self) -> list[datetime]:
        """Return, once, the added times that are not kept, or no longer, since the last call."""
        gone, self._gone = self._gone, []
        return [time for time in dict.fromkeys(gone) if not self._keeps(time)]

    def _keeps(self, time: datetime) -> bool:
        if time in self._leading or time == self._known_start:
            return True
        return self._grain is not None and time in self._stretches.get(self._stretch(time), ())

    def kept(self) -> list[datetime]:
        """The kept times, in order."""
        known = () if self._known_start is None else (self._known_start,)
        return sorted({*known, *self._leading, *self._times})

    def regrain(self, grain: timedelta | None) -> None:
        """Change the grain; times that were thinned out before do not come back."""
        times = self.kept()
        self._gone += times
        self._grain = grain
        self._stretches.clear()
        self._times.clear()
        self._leading.clear()
        for time in times:
            self.add(time)

    def older_than(self, age: timedelta, moment: datetime) -> bool:
        """Whether the log was at least ``age`` old at ``moment``."""
        start = self.start
        return start is not None and start <= moment - age

    def alive(self, start: datetime, end: datetime) -> bool:
        """Whether (start, end] contains an article of the log; the stretch must be at least one grain long."""
        place = bisect_right(self._times, start)
        return place < len(self._times) and self._times[place] <= end

    def last_until(self, time: datetime) -> datetime | None:
        """The last kept time that is not later than ``time``."""
        place = bisect_right(self._times, time)
        return self._times[place - 1] if place else None

    def next_after(self, time: datetime) -> datetime | None:
        """The first kept time that is later than ``time``."""
        place = bisect_right(self._times, time)
        return self._times[place] if place < len(self._times) else None

    def drop_until(self, time: datetime) -> None:
        """Forget the times up to and including ``time``, except the beginning of the log."""
        end = bisect_right(self._times, time)
        for dropped in self._times[:end]:
            stretch = self._stretch(dropped)
            _, last = self._stretches.pop(stretch, (dropped, dropped))
            if last > time:
                self._stretches[stretch] = (last, last)
        self._gone += self._times[:end]
        del self._times[:end]

    def _stretch(self, time: datetime) -> int:
        assert self._grain is not None
        return (time - EPOCH) // self._grain

    def _remove(self, time: datetime) -> None:
        del self._times[bisect_left(self._times, time)]
        self._gone.append(time)


def thinned(times: Iterable[datetime], grain: timedelta | None) -> tuple[datetime, ...]:
    """The subset of the times that a log with this grain keeps, in order."""
    log = Log(grain)
    for time in times:
        log.add(time)
    return tuple(log.kept())
