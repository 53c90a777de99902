"""What is known of the log as a whole: when it began, and when it was silent."""

from __future__ import annotations

from bisect import bisect_right, insort
from datetime import datetime, timedelta


class Log:
    """The times of articles of the log, whatever they are about: at least one for each stretch of ``GRAIN``.

    The first time is exact and kept for ever.
    """

    GRAIN = timedelta(minutes=1)

    __slots__ = ("_known", "_times")

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._known: set[datetime] = set()

    def add(self, time: datetime) -> bool:
        """Note an article's time; False where it was known."""
        if time in self._known:
            return False
        self._known.add(time)
        insort(self._times, time)
        return True

    @property
    def start(self) -> datetime | None:
        """The time of the earliest article, None before there is any."""
        return self._times[0] if self._times else None

    def older_than(self, age: timedelta, moment: datetime) -> bool:
        """Whether the log was at least ``age`` old at a moment."""
        return bool(self._times) and self._times[0] <= moment - age

    def alive(self, start: datetime, end: datetime) -> bool:
        """Whether (start, end] holds some article of the log."""
        place = bisect_right(self._times, start)
        return place < len(self._times) and self._times[place] <= end

    def last_until(self, time: datetime) -> datetime | None:
        """The last time that is known, not later than ``time``."""
        place = bisect_right(self._times, time)
        return self._times[place - 1] if place else None

    def next_after(self, time: datetime) -> datetime | None:
        """The first time that is known, later than ``time``."""
        place = bisect_right(self._times, time)
        return self._times[place] if place < len(self._times) else None

    def drop_until(self, time: datetime) -> list[datetime]:
        """Forget and return the times up to and including ``time``, except the first."""
        end = bisect_right(self._times, time)
        dropped = self._times[1:end]
        if dropped:
            del self._times[1:end]
            self._known.difference_update(dropped)
        return dropped
