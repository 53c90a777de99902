"""What a partition keeps of the log, and the changelog records that restore it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from detectors.timeline.log import Log

LOG_KEY = "~log"
"""The prefix of these records' changelog keys; no rule name begins with it."""


class LogTimes(msgspec.Struct, frozen=True, tag="pulses"):
    """Times at which the log contains articles."""

    times: tuple[datetime, ...]

    @property
    def key(self) -> str:
        """The changelog key, derived from the times."""
        text = " ".join(time.isoformat() for time in self.times)
        return f"{LOG_KEY} {self.times[0].isoformat()} {sha256(text.encode()).hexdigest()[:16]}"


class RecordedLog:
    """A log and its records: each is written once, under a key derived from its content.

    A record is deleted when none of its times is kept any more. Then its times lie behind everything that rules need,
    or records written earlier tell more: a stale worker that writes and deletes it again removes nothing.
    """

    def __init__(self, grain: timedelta | None) -> None:
        self.log = Log(grain)
        self._holders: dict[datetime, list[str]] = {}  # the records that contain a time
        self._left: dict[str, int] = {}  # the number of kept times of a record

    def load(self, key: str, stored: LogTimes) -> None:
        """Load a record; if none of its times is kept, the next :meth:`take_needless` returns its key."""
        self._hold(key, stored.times)
        for time in stored.times:
            self.log.add(time)

    def add(self, times: Iterable[datetime]) -> LogTimes | None:
        """Add times of articles; return the record to write, or None if they add no information."""
        new = {time for time in times if self.log.add(time)}
        if not new:
            return None
        record = LogTimes(tuple(sorted(new)))
        self._hold(record.key, record.times)
        return record

    def take_needless(self) -> list[str]:
        """Return, once, the keys of the records that are no longer needed."""
        needless = []
        for time in self.log.take_gone():
            for key in self._holders.pop(time, ()):
                self._left[key] -= 1
                if not self._left[key]:
                    del self._left[key]
                    needless.append(key)
        return needless

    def _hold(self, key: str, times: tuple[datetime, ...]) -> None:
        self._left[key] = len(times)
        for time in times:
            self._holders.setdefault(time, []).append(key)
