"""What a worker holds of one partition of ``observations``: its facts, and how far the articles have come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from detectors.engine import Engine
from detectors.garbage import collector_waits
from detectors.state import PartitionState
from detectors.watermark import Progress

if TYPE_CHECKING:  # RocksDB is an extra
    from streams.local_copy import LocalCopy

logger = logging.getLogger(__name__)

Record = tuple[bytes, bytes | None]
"""Key and value of a changelog record; None deletes."""

#: Beginning of the changelog keys of a partition's progress; no rule's name begins so.
PROGRESS = b"~progress "


class FactPartition:
    """The facts of one partition, as the detectors' state, and the progress.

    Records of the changelog are collected first, in the local copy where there is one, so that what was deleted later
    is never taken in; they become the state when it is first asked for.
    """

    def __init__(self, new_state: Callable[[], PartitionState], *, advance_when_silent: bool) -> None:
        self._new_state = new_state
        self._state = new_state()
        self._waiting: dict[bytes, bytes] = {}
        self._copy: LocalCopy | None = None
        self._copy_waits = False
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
    def copy(self) -> LocalCopy | None:
        """The local copy, where there is one."""
        return self._copy

    def use(self, copy: LocalCopy) -> None:
        """Begin with what a local copy holds, and keep it current; before anything is restored."""
        self._copy = copy
        self._copy_waits = True
        for key, value in copy.records(PROGRESS):
            self._restore_progress(key, value)

    def restore(self, records: Sequence[Record], offset: int) -> None:
        """Take over records of the changelog at recovery, in its order; the last stands at ``offset``.

        Raises:
            CopyError: the local copy is damaged.
        """
        for key, value in records:
            if key.startswith(PROGRESS):
                self._restore_progress(key, value)
        copy = self._copy
        if copy is not None and copy.closed:
            return
        if copy is not None:
            if not self._copy_waits:  # what others wrote while this worker held the partition: begin again from the log
                self._state = self._new_state()
                self._copy_waits = True
            if self._kept(lambda: copy.write(records, offset)):
                return
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
        from streams.local_copy import CopyError

        try:
            write()
        except CopyError as error:
            logger.error("the local copy cannot be written, the worker goes on without: %s", error)
            copy, self._copy = self._copy, None
            if copy is not None:
                self._offset = max(self._offset, copy.offset)
                if self._copy_waits:
                    self._waiting = dict(_facts(copy))
                    self._copy_waits = False
                copy.close()
            return False
        return True

    def _restore_progress(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            self._progress_keys.discard(key)
        else:
            self._progress_keys.add(key)
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

    @property
    def state(self) -> PartitionState:
        """The facts as the detectors' state.

        Raises:
            CopyError: the local copy is damaged.
        """
        if self._copy_waits and self._copy is not None:
            self._load(_facts(self._copy))
            self._copy_waits = False
        if self._waiting:
            self._load(_taken(self._waiting))
        return self._state

    def _load(self, facts: Iterable[tuple[bytes, bytes]]) -> None:
        with collector_waits():
            self._state.load((key.decode(), value) for key, value in facts)

    def exchange_rules(self, engine: Engine) -> None:
        """Go on with other rules."""
        self._state = self.state.with_rules(engine)

    def close(self) -> None:
        """Let go of the local copy: the partition has moved away."""
        if self._copy is not None:
            self._copy.close()


def _facts(copy: LocalCopy) -> Iterator[tuple[bytes, bytes]]:
    return ((key, value) for key, value in copy.records() if not key.startswith(PROGRESS))


def _taken(waiting: dict[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    while waiting:
        yield waiting.popitem()
