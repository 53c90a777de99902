"""What a partition keeps of the log, and the changelog records that bring it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from detectors.timeline.log import Log

LOG_KEY = "~log"
"""How the changelog keys of these records begin; no rule's name begins so."""


class LogTimes(msgspec.Struct, frozen=True, tag="pulses"):
    """The log holds articles of these times."""

    times: tuple[datetime, ...]

    @property
    def key(self) -> str:
        """The key in the changelog, made of the times."""
        text = " ".join(time.isoformat() for time in self.times)
        return f"{LOG_KEY} {self.times[0].isoformat()} {sha256(text.encode()).hexdigest()[:16]}"


class RecordedLog:
    """A log and its records: each is written once, under a key made of what it says.

    A record is deleted when none of its times is kept any more. They lie behind all that is asked then, or others
    were written before that say more: a worker of the past that writes and deletes again takes nothing away.
    """

    def __init__(self, grain: timedelta | None) -> None:
        self.log = Log(grain)
        self._holders: dict[datetime, list[str]] = {}  # the records that hold a time
        self._left: dict[str, int] = {}  # how many times of a record are kept

    def load(self, key: str, stored: LogTimes) -> None:
        """Take a record back; where it says nothing that is kept, it is deleted with the next that are."""
        self._hold(key, stored.times)
        for time in stored.times:
            self.log.add(time)

    def add(self, times: Iterable[datetime]) -> LogTimes | None:
        """Note times of articles; returns the record to write, None where they say nothing new."""
        new = {time for time in times if self.log.add(time)}
        if not new:
            return None
        record = LogTimes(tuple(sorted(new)))
        self._hold(record.key, record.times)
        return record

    def take_needless(self) -> list[str]:
        """The keys of records that say nothing more, each once."""
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
