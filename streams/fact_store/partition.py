"""What a worker holds of one partition of ``observations``: its facts, and how far the articles have come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.garbage_collection import collector_waits
from detectors.timeline.watermark import Progress
from streams.fact_store.changelog import PROGRESS, Copy, CopyError, Record

logger = logging.getLogger(__name__)


class FactPartition:
    """The facts of one partition, as the detectors' state, and the progress.

    Records of the changelog are collected first, in the local copy where there is one, so that what was deleted later
    is never taken in; at the end of the recovery they become the state. From then on it follows from what this worker
    reads of ``observations`` alone, for as long as it holds the partition: what an owner of the past still had under
    way is in observations that this worker reads itself. Taken from the changelog, a fact of these would be known
    before it was judged, and the alert that it makes would come with the next one, once more.
    """

    def __init__(self, new_state: Callable[[], PartitionState], *, advance_when_silent: bool) -> None:
        self._new_state = new_state
        self._state = new_state()
        self._waiting: dict[bytes, bytes] = {}
        self._copy: Copy | None = None
        self._taken_over = False
        self._offset = -1
        self._progress_keys: set[bytes] = set()
        self.progress = Progress(advance_when_silent=advance_when_silent)
        self.settled_watermark: datetime | None = None
        self.settled_layers: dict[int, datetime] = {}

    @property
    def offset(self) -> int:
        """The newest changelog record up to which all are in here, -1 for none."""
        return self._offset if self._copy is None else self._copy.offset

    @property
    def copy(self) -> Copy | None:
        """The local copy, where there is one."""
        return self._copy

    def use(self, copy: Copy) -> None:
        """Begin with what a local copy holds, and keep it current; before anything is restored."""
        self._copy = copy
        for key, value in copy.records(PROGRESS):
            self._restore_progress(key, value)

    def restore(self, records: Sequence[Record], offset: int) -> None:
        """Take records of the changelog at recovery, in its order; the last stands at ``offset``.

        Raises:
            CopyError: the local copy is damaged.
        """
        for key, value in records:
            if key.startswith(PROGRESS):
                self._restore_progress(key, value)
        copy = self._copy
        if copy is not None and copy.closed:
            return
        if copy is not None and self._kept(lambda: copy.write(records, offset)):
            return
        if not self._taken_over:
            for key, value in records:
                if value is None:
                    self._waiting.pop(key, None)
                elif not key.startswith(PROGRESS):
                    self._waiting[key] = value
        self._offset = max(offset, self._offset)

    def wrote(self, written: Sequence[tuple[int, Record]]) -> None:
        """The broker has acknowledged records of this partition, at these offsets.

        Raises:
            CopyError: the local copy is damaged, and what is in it was not taken over yet.
        """
        self._offset = max(self._offset, *(offset for offset, _ in written))
        copy = self._copy
        if copy is not None and not copy.closed:
            self._kept(lambda: copy.append(written))

    def _kept(self, write: Callable[[], None]) -> bool:
        """Whether the local copy could be written; else its place is taken by memory, and nothing is lost."""
        try:
            write()
        except CopyError as error:
            logger.error("the local copy cannot be written, the worker goes on without: %s", error)
            copy, self._copy = self._copy, None
            if copy is not None:
                self._offset = max(self._offset, copy.offset)
                if not self._taken_over:
                    self._waiting = dict(_facts(copy))
                copy.close()
            return False
        return True

    def _restore_progress(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            self._progress_keys.discard(key)
        else:
            self._progress_keys.add(key)
            if not self._taken_over:  # later it would be ahead of the facts
                self.progress.load(value)

    def progress_records(self, generation: int) -> list[Record]:
        """The progress as changelog records, under a key of this generation of the group alone.

        Owners of the past that wake up write under keys of their own, and cannot take anything back: what is read at
        recovery is the maximum of all. Their keys are deleted once ours is written.
        """
        own = PROGRESS + str(generation).encode()
        records: list[Record] = [(own, self.progress.dump())]
        records += [(old, None) for old in sorted(self._progress_keys - {own})]
        self._progress_keys = {own}
        return records

    def take_over(self) -> int:
        """Make what was recovered the state; returns how many facts and marks it holds.

        Raises:
            CopyError: the local copy is damaged.
        """
        if not self._taken_over:
            facts = _facts(self._copy) if self._copy is not None else _taken(self._waiting)
            with collector_waits():
                self._state.load((key.decode(), value) for key, value in facts)
            self._taken_over = True
        return len(self)

    def __len__(self) -> int:
        """How many facts and marks the state holds: none before it was taken over."""
        return len(self._state)

    @property
    def state(self) -> PartitionState:
        """The facts as the detectors' state.

        Raises:
            RuntimeError: what was recovered is not taken over yet.
        """
        if not self._taken_over and (self._copy is not None or self._waiting):
            raise RuntimeError("the facts of a partition are asked for before they are recovered")
        self._taken_over = True  # where there was nothing to recover
        return self._state

    def exchange_rules(self, engine: Engine) -> None:
        """Go on with other rules."""
        self._state = self._state.with_rules(engine) if self._taken_over else self._new_state()

    def close(self) -> None:
        """Let go of the local copy: the partition has moved away."""
        if self._copy is not None:
            self._copy.close()


def _facts(copy: Copy) -> Iterator[tuple[bytes, bytes]]:
    return ((key, value) for key, value in copy.records() if not key.startswith(PROGRESS))


def _taken(waiting: dict[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    while waiting:
        yield waiting.popitem()
