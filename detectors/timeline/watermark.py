"""The watermark: how far event time is complete, from the workers' reports about the partitions of ``articles``.

It depends on this contract: when an article is appended, its time is at least the newest time appended anywhere before,
minus the lateness. Two lower bounds for what may still come follow (each before a rule's lateness is subtracted): the
minimum over all partitions of their newest times, and the newest time of a *cut* once everything that was on the log
when the cut was taken is done. The maximum over what happens to have arrived is never a bound.

Offsets are valid for one log only. If ``articles`` is deleted and recreated, the old offsets stay with the id of the
old log, and the new log starts its own. Event time continues, because the contract holds from one log to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from detectors.model.event_time import AHEAD

#: Limit on pending cuts. Beyond it they are thinned out; the oldest and the newest stay.
MAX_CUTS = 64
#: After this long without a newer article, event time advances with the wall clock.
SILENCE = timedelta(seconds=30)
#: Reports come a second apart. A longer gap is no silence: a process was suspended, or a clock was set.
LONGEST_STEP = timedelta(seconds=10)
#: How far event time may be ahead of what is stored: a restart in silence takes it back by so much, and it never
#: catches up, for it advances with the clock.
MOST_UNSTORED = timedelta(minutes=10)
#: Limit on remembered logs: the current one and those that it replaced.
MOST_LOGS = 4


class ProgressReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker knows, sent to every partition of ``observations`` when it has news.

    ``log``: the id of the current log of ``articles``, empty if the broker provides none; ``done``: by partition, the
    offset below which everything is acknowledged downstream; ``newest``: by partition, the newest event time below that
    offset; ``horizon``: the newest time that this worker knows, including others' reports; ``ends``: the end offset of
    every partition, read after the others. ``judged``: how far the detectors that chains read have come, by layer of
    rules and partition of ``observations``: everything that follows up to there is sent and stored. ``pulses``: article
    times that were not reported yet, thinned to what the rules need of the log as a whole (module ``log``).
    """

    log: str = ""
    done: dict[int, int] = {}
    newest: dict[int, datetime] = {}
    horizon: datetime | None = None
    ends: dict[int, int] = {}
    judged: dict[int, dict[int, datetime]] = {}
    pulses: tuple[datetime, ...] = ()
    version: int = 1

    def until(self, latest: datetime) -> ProgressReport:
        """The report without the times after ``latest``: no article and no alert can have them."""
        return msgspec.structs.replace(
            self,
            newest=_until(latest, self.newest),
            horizon=None if self.horizon is not None and self.horizon > latest else self.horizon,
            judged={layer: _until(latest, partitions) for layer, partitions in self.judged.items()},
            pulses=tuple(time for time in self.pulses if time <= latest),
        )


class Cut(msgspec.Struct, frozen=True):
    """Once everything below ``ends`` is done, nothing earlier than ``horizon`` minus the lateness will come."""

    horizon: datetime | None
    ends: dict[int, int]


class Read(msgspec.Struct):
    """How far one log has been read, by partition, as in :class:`ProgressReport`."""

    done: dict[int, int] = {}
    newest: dict[int, datetime] = {}

    def merge(self, done: Mapping[int, int], newest: Mapping[int, datetime]) -> None:
        """Merge a report: take over whatever is further."""
        for partition, offset in done.items():
            self.done[partition] = max(offset, self.done.get(partition, 0))
        for partition, time in newest.items():
            self.newest[partition] = max(time, self.newest.get(partition, time))

    def holds(self, ends: Mapping[int, int]) -> bool:
        """Whether everything below these ends is done."""
        return bool(ends) and all(self.done.get(partition, 0) >= end for partition, end in ends.items())

    def least_of_newest(self, ends: Mapping[int, int]) -> datetime | None:
        """The minimum of the newest times of all partitions; None while one is unknown."""
        # A report from before the topic was expanded must not leave out the partitions that others know.
        every = ends.keys() | self.done.keys()
        if not ends or not every <= self.newest.keys():
            return None
        return min(self.newest[partition] for partition in every)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the progress that survives a restart; ``logs`` by id.

    ``appended``: the broker's time of the newest report; no event time can be far ahead of it. Earlier versions did not
    store it.
    """

    logs: dict[str, Read] = {}
    watermark: datetime | None
    horizon: datetime | None
    appended: datetime | msgspec.UnsetType = msgspec.UNSET
    version: int = 2


class Progress:
    """The progress of all of ``articles``, as reported to one partition of ``observations``.

    Merging takes maxima, so that repeated, reordered and outdated reports do no harm. A maximum would keep a wrong time
    from the future for good, so a report must not have times that lie more than ten minutes after the broker appended
    it (:meth:`ProgressReport.until`): that is a fact of the log, and so the same in every replay.
    """

    def __init__(self, *, advance_when_silent: bool = True) -> None:
        self._advance_when_silent = advance_when_silent
        self._logs: dict[str, Read] = {}
        self._cuts: dict[str, list[Cut]] = {}
        self._horizon: datetime | None = None
        self._appended: datetime | None = None
        self._quiet_since: datetime | None = None
        self._moved_at: datetime | None = None
        self._judged: dict[tuple[int, int], datetime] = {}
        self._stored: datetime | None = None
        self.watermark: datetime | None = None

    @property
    def horizon(self) -> datetime | None:
        """The newest event time that any worker has reported; survives the worker that read it."""
        return self._horizon

    def is_replay(self, partition: int, offset: int, log: str = "") -> bool:
        """Whether an article of ``articles`` was done before: what follows from it is already known, and never late."""
        read = self._logs.get(log)
        return read is not None and offset < read.done.get(partition, 0)

    def merge(self, report: ProgressReport, now: datetime, appended: datetime | None = None) -> datetime | None:
        """Merge a worker's report; return the watermark before any rule's lateness, or None while it is unknown.

        Args:
            now: the wall clock; used only to detect that all sources are silent, and to advance event time then.
            appended: when the broker appended the report, which has no later times than that plus ten minutes.
        """
        if appended is not None:
            self._appended = _later(self._appended, appended)
            now = min(now, appended + AHEAD)
        read = self._log(report.log)
        read.merge(report.done, report.newest)
        for layer, partitions in report.judged.items():
            for partition, time in partitions.items():
                self._judged[layer, partition] = max(time, self._judged.get((layer, partition), time))
        newest_cut = Cut(report.horizon, report.ends)
        if report.horizon is not None:
            self._cuts.setdefault(report.log, []).append(newest_cut)
        self._raise(read.least_of_newest(report.ends))
        self._raise(self._best_cut(report.log, read))
        self._pass_time(report.horizon, read.holds(report.ends), now)
        return self.watermark

    def knows(self, report: ProgressReport) -> bool:
        """Whether a report has nothing to be stored: nothing newer that is done, and event time is stored as it is.

        Ask before it is merged.
        """
        read = self._logs.get(report.log)
        return (
            read is not None
            and all(offset <= read.done.get(partition, -1) for partition, offset in report.done.items())
            and all(p in read.newest and time <= read.newest[p] for p, time in report.newest.items())
            and _later(self._horizon, report.horizon) == self._horizon
            and self._is_stored()
        )

    def _is_stored(self) -> bool:
        if self.watermark is None or self._stored is None:
            return self.watermark is None
        return self.watermark - self._stored <= MOST_UNSTORED

    def judged(self, layer: int, partitions: int) -> datetime | None:
        """How far a layer of rules has come in all partitions of ``observations``; None while some have not reported.

        It does not survive a restart: every worker repeats it from time to time.
        """
        reported = [self._judged.get((layer, partition)) for partition in range(partitions)]
        known = [time for time in reported if time is not None]
        return min(known) if known and len(known) == partitions else None

    def dump(self) -> bytes:
        """The progress as a changelog value."""
        stored = Stored(
            logs=self._logs,
            watermark=self.watermark,
            horizon=self._horizon,
            appended=self._appended or msgspec.UNSET,
        )
        self._stored = self.watermark
        return msgspec.json.encode(stored)

    def load(self, value: bytes, appended: datetime | None = None) -> datetime | None:
        """Load a changelog value; merged like a report, so that an outdated one does no harm.

        Args:
            appended: a time at which the broker had appended the value. Versions before 0.2 stored event times from
                the future; a watermark that lies beyond this time goes back to it.

        Returns:
            the broker's time of the newest report in it; None if an earlier version stored the value.
        """
        stored = msgspec.json.decode(value, type=Stored)
        reported = stored.appended or None
        self._appended = _later(self._appended, reported)
        bound = _later(appended, reported)
        for log, read in stored.logs.items():
            newest = read.newest if bound is None else _until(bound + AHEAD, read.newest)
            self._log(log).merge(read.done, newest)
        horizon, watermark = stored.horizon, stored.watermark
        if bound is not None and horizon is not None and horizon > bound + AHEAD:
            horizon = None
        if bound is not None and watermark is not None and watermark > bound + AHEAD:
            watermark = bound
        self._horizon = _later(self._horizon, horizon)
        self._raise(watermark)
        self._stored = self.watermark
        return reported

    def _log(self, log: str) -> Read:
        """What is known about a log, now the most recently reported; evicts the least recently reported one."""
        read = self._logs.pop(log, None) or Read()
        self._logs[log] = read
        while len(self._logs) > MOST_LOGS:
            forgotten = next(iter(self._logs))
            del self._logs[forgotten]
            self._cuts.pop(forgotten, None)
        return read

    def _raise(self, time: datetime | None) -> None:
        self.watermark = _later(self.watermark, time)

    def _best_cut(self, log: str, read: Read) -> datetime | None:
        cuts = self._cuts.get(log, [])
        held = [cut for cut in cuts if read.holds(cut.ends)]
        if held:
            cuts = self._cuts[log] = [cut for cut in cuts if not read.holds(cut.ends)]
        if len(cuts) > MAX_CUTS:
            del cuts[1:-1:2]
        return max((cut.horizon for cut in held if cut.horizon is not None), default=None)

    def _pass_time(self, horizon: datetime | None, newest_holds: bool, now: datetime) -> None:
        later = _later(self._horizon, horizon)
        quiet = newest_holds and later == self._horizon and later is not None
        self._horizon = later
        if not quiet:
            self._quiet_since = self._moved_at = None
            return
        if self._quiet_since is None or now < self._quiet_since:  # newly silent, or the clock was set back
            self._quiet_since = now
        if not self._advance_when_silent or now - self._quiet_since < SILENCE or self.watermark is None:
            return
        # Advance by the time that passes in silence, never by a jump: a backfill of old articles stays old.
        if self._moved_at is not None and now > self._moved_at:
            passed = min(now - self._moved_at, LONGEST_STEP)
            self.watermark = max(self.watermark, min(self.watermark + passed, now))
        self._moved_at = now


def _until(latest: datetime, times: Mapping[int, datetime]) -> dict[int, datetime]:
    return {partition: time for partition, time in times.items() if time <= latest}


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
