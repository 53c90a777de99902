"""The watermark: how far event time is certain, from what the workers report about the partitions of ``articles``.

The contract it rests on: when an article is appended, its time is not below the newest time appended anywhere
before, less the lateness. From that follow two lower bounds for what may still come (each still less a rule's
lateness): the least of the newest times of all partitions, and the newest time of a *cut*, once everything that was
on the log when the cut was taken is done. Never the maximum over what happens to have arrived.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

#: So many cuts wait to hold; beyond that they are thinned out, the oldest and the newest stay.
MAX_CUTS = 64
#: Without a newer article for so long, event time moves on with the wall clock.
SILENCE = timedelta(seconds=30)
#: Two reports are a second apart. More time between them is no silence: a process stood still, or a clock was set.
LONGEST_STEP = timedelta(seconds=10)


class ProgressReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker knows, sent to every partition of ``observations`` each second.

    ``done``: partition of ``articles`` to the offset below which everything is acknowledged downstream; ``newest``:
    partition to the newest event time below it; ``horizon``: the newest time that this worker knows of, also from
    others' reports; ``ends``: the end offset of every partition, read after the others. ``judged``: how far the
    detectors have come whose alerts chains hear of, by layer of rules and partition of ``observations``: all that
    follows up to there is sent and stored.
    """

    done: dict[int, int] = {}
    newest: dict[int, datetime] = {}
    horizon: datetime | None = None
    ends: dict[int, int] = {}
    judged: dict[int, dict[int, datetime]] = {}
    version: int = 1


class Cut(msgspec.Struct, frozen=True):
    """Once everything below ``ends`` is done, what may still come is not below ``horizon`` less the lateness."""

    horizon: datetime | None
    ends: dict[int, int]


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the progress that outlives a restart."""

    done: dict[int, int]
    newest: dict[int, datetime]
    watermark: datetime | None
    horizon: datetime | None
    version: int = 1


class Progress:
    """The progress of all of ``articles`` as one partition of ``observations`` has been told it.

    Merging takes maxima, so that repeated, re-ordered and outdated reports change nothing.
    """

    def __init__(self, *, advance_when_silent: bool = True) -> None:
        self._advance_when_silent = advance_when_silent
        self._done: dict[int, int] = {}
        self._newest: dict[int, datetime] = {}
        self._cuts: list[Cut] = []
        self._horizon: datetime | None = None
        self._quiet_since: datetime | None = None
        self._moved_at: datetime | None = None
        self._judged: dict[tuple[int, int], datetime] = {}
        self.watermark: datetime | None = None

    @property
    def horizon(self) -> datetime | None:
        """The newest event time that anybody has reported: outlives the worker that read it."""
        return self._horizon

    def is_replay(self, partition: int, offset: int) -> bool:
        """Whether an article of ``articles`` was done before: what it leads to is known already, and never late."""
        return offset < self._done.get(partition, 0)

    def merge(self, report: ProgressReport, now: datetime) -> datetime | None:
        """Take over a worker's report; returns the watermark before any rule's lateness, None while it is unknown.

        Args:
            now: the wall clock; used only to tell that all sources are silent, and to move event time on then.
        """
        for partition, offset in report.done.items():
            self._done[partition] = max(offset, self._done.get(partition, 0))
        for partition, time in report.newest.items():
            self._newest[partition] = max(time, self._newest.get(partition, time))
        for layer, partitions in report.judged.items():
            for partition, time in partitions.items():
                self._judged[layer, partition] = max(time, self._judged.get((layer, partition), time))
        newest_cut = Cut(report.horizon, report.ends)
        if report.horizon is not None:
            self._cuts.append(newest_cut)
        newest_holds = self._holds(newest_cut)
        self._raise(self._least_of_newest(report.ends))
        self._raise(self._best_cut())
        self._pass_time(report.horizon, newest_holds, now)
        return self.watermark

    def judged(self, layer: int, partitions: int) -> datetime | None:
        """How far a layer of rules has come in all partitions of ``observations``; None while some have not told.

        It is not kept over a restart: every worker tells it again each second.
        """
        told = [self._judged.get((layer, partition)) for partition in range(partitions)]
        known = [time for time in told if time is not None]
        return min(known) if known and len(known) == partitions else None

    def dump(self) -> bytes:
        """The progress as a changelog value."""
        stored = Stored(done=self._done, newest=self._newest, watermark=self.watermark, horizon=self._horizon)
        return msgspec.json.encode(stored)

    def load(self, value: bytes) -> None:
        """Take over a changelog value; merged like a report, so that an outdated one does no harm."""
        stored = msgspec.json.decode(value, type=Stored)
        for partition, offset in stored.done.items():
            self._done[partition] = max(offset, self._done.get(partition, 0))
        for partition, time in stored.newest.items():
            self._newest[partition] = max(time, self._newest.get(partition, time))
        self._horizon = _later(self._horizon, stored.horizon)
        self._raise(stored.watermark)

    def _raise(self, time: datetime | None) -> None:
        self.watermark = _later(self.watermark, time)

    def _holds(self, cut: Cut) -> bool:
        return bool(cut.ends) and all(self._done.get(partition, 0) >= end for partition, end in cut.ends.items())

    def _least_of_newest(self, ends: dict[int, int]) -> datetime | None:
        # A report of before the topic was expanded must not leave out the partitions that others know of.
        every = ends.keys() | self._done.keys()
        if not ends or not every <= self._newest.keys():
            return None
        return min(self._newest[partition] for partition in every)

    def _best_cut(self) -> datetime | None:
        held = [cut for cut in self._cuts if self._holds(cut)]
        if held:
            self._cuts = [cut for cut in self._cuts if not self._holds(cut)]
        if len(self._cuts) > MAX_CUTS:
            del self._cuts[1:-1:2]
        return max((cut.horizon for cut in held if cut.horizon is not None), default=None)

    def _pass_time(self, horizon: datetime | None, newest_holds: bool, now: datetime) -> None:
        later = _later(self._horizon, horizon)
        quiet = newest_holds and later == self._horizon and later is not None
        self._horizon = later
        if not quiet:
            self._quiet_since = self._moved_at = None
            return
        if self._quiet_since is None or now < self._quiet_since:  # newly quiet, or the clock was set back
            self._quiet_since = now
        if not self._advance_when_silent or now - self._quiet_since < SILENCE or self.watermark is None:
            return
        # By the time that passes while it is silent, never by a jump: a backfill of old articles stays old.
        if self._moved_at is not None and now > self._moved_at:
            passed = min(now - self._moved_at, LONGEST_STEP)
            self.watermark = max(self.watermark, min(self.watermark + passed, now))
        self._moved_at = now


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
