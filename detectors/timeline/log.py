"""What is known about the log as a whole: when it began, and when it was silent."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from datetime import datetime, timedelta

from detectors.timeline.intervals import EPOCH


class Log:
    """The times of all articles of the log, whatever they are about, thinned to what the rules need.

    Keeps the very first time forever, and the first and last time of each aligned stretch of ``grain``. This tells for
    every window of at least one grain whether it contains an article. The result is a function of the set of times, not
    of their order of arrival. Without a grain only the very first time is kept.
    """

    __slots__ = ("_gone", "_grain", "_start", "_stretches", "_times")

    def __init__(self, grain: timedelta | None = timedelta(minutes=1)) -> None:
        self._grain = grain
        self._start: datetime | None = None
        self._stretches: dict[int, tuple[datetime, datetime]] = {}
        self._times: list[datetime] = []  # the first and last of each stretch, in order
        self._gone: list[datetime] = []

    @property
    def start(self) -> datetime | None:
        """The time of the earliest article; None before the first."""
        return self._start

    def add(self, time: datetime) -> bool:
        """Add the time of an article; False if it adds no information."""
        first = self._start is None or time < self._start
        if first:
            if self._start is not None:
                self._gone.append(self._start)
            self._start = time
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
        if time == self._start:
            return True
        return self._grain is not None and time in self._stretches.get(self._stretch(time), ())

    def kept(self) -> list[datetime]:
        """The kept times, in order."""
        early = [] if self._start is None or self._times[:1] == [self._start] else [self._start]
        return early + self._times

    def regrain(self, grain: timedelta | None) -> None:
        """Change the grain; times that were thinned out before do not come back."""
        times = self.kept()
        self._gone += times
        self._grain = grain
        self._stretches.clear()
        self._times.clear()
        for time in times:
            self.add(time)

    def older_than(self, age: timedelta, moment: datetime) -> bool:
        """Whether the log was at least ``age`` old at ``moment``."""
        return self._start is not None and self._start <= moment - age

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
