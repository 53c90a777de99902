"""A worker's state for one partition of ``observations``: its facts, and the progress of the articles."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.garbage_collection import collector_waits
from detectors.timeline.watermark import Progress
from streams.fact_store.changelog import PROGRESS, Copy, CopyError, Record

logger = logging.getLogger(__name__)


class FactPartition:
    """The facts of one partition, as rule state, and the progress.

    Recovery first collects the changelog's records, in the local copy if there is one, so that facts deleted later are
    never loaded; at its end they become the state. From then on, as long as this worker owns the partition, the state
    depends only on the ``observations`` that it reads: it also reads those that a previous owner still had in flight.
    If it took their facts from the changelog, a fact would be known before it was evaluated, and its alert would come
    with the next fact, a second time.
    """

    def __init__(self, new_state: Callable[[], PartitionState], *, advance_when_silent: bool) -> None:
        self._new_state = new_state
        self._state = new_state()
        self._waiting: dict[bytes, bytes] = {}
        self._copy: Copy | None = None
        self._taken_over = False
        self._offset = -1
        self._appended: datetime | None = None
        self._progress_keys: set[bytes] = set()
        self.progress = Progress(advance_when_silent=advance_when_silent)
        self.settled_watermark: datetime | None = None
        self.settled_layers: dict[int, datetime] = {}

    @property
    def offset(self) -> int:
        """The offset up to which all changelog records are included, -1 for none."""
        return self._offset if self._copy is None else self._copy.offset

    @property
    def copy(self) -> Copy | None:
        """The local copy, if there is one."""
        return self._copy

    def use(self, copy: Copy) -> None:
        """Start from a local copy, and keep it current; call this before :meth:`restore`."""
        self._copy = copy
        if copy.offset >= 0:  # it has no broker times but the progress's, and this worker's clock
            self._seen(datetime.fromtimestamp(copy.current_at, UTC))
        for key, value in copy.records(PROGRESS):
            self._restore_progress(key, value)

    def restore(self, records: Sequence[Record], offset: int, appended: datetime | None = None) -> None:
        """Add records of the changelog during recovery, in order; the last has ``offset``.

        Args:
            appended: when the broker appended the newest of them: no event time in them can be far ahead of it.

        Raises:
            CopyError: the local copy is damaged.
        """
        self._seen(appended)
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
        """Record that the broker has acknowledged records of this partition, at these offsets.

        Raises:
            CopyError: the local copy is damaged, and its content is not loaded yet.
        """
        self._offset = max(self._offset, *(offset for offset, _ in written))
        copy = self._copy
        if copy is not None and not copy.closed:
            self._kept(lambda: copy.append(written))

    def _kept(self, write: Callable[[], None]) -> bool:
        """Write to the local copy; if that fails, continue in memory without loss and return False."""
        try:
            write()
        except CopyError as error:
            logger.error("cannot write the local copy, continuing in memory: %s", error)
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
            if not self._taken_over:  # later, it would be ahead of the facts
                self._seen(self.progress.load(value, self._appended))

    def _seen(self, appended: datetime | None) -> None:
        if appended is not None:
            self._appended = max(appended, self._appended or appended)

    def progress_records(self, generation: int) -> list[Record]:
        """The progress as changelog records, under a key of this consumer group generation.

        A previous owner that wakes up writes under its own key, and cannot move the progress back: recovery takes the
        maximum of all keys. Older keys are deleted together with the write of this one.
        """
        own = PROGRESS + str(generation).encode()
        records: list[Record] = [(own, self.progress.dump())]
        records += [(old, None) for old in sorted(self._progress_keys - {own})]
        self._progress_keys = {own}
        return records

    def take_over(self) -> int:
        """Load the recovered records as the state; returns its number of facts and marks.

        Raises:
            CopyError: the local copy is damaged.
        """
        if not self._taken_over:
            facts = _facts(self._copy) if self._copy is not None else _taken(self._waiting)
            with collector_waits():
                self._state.load(((key.decode(), value) for key, value in facts), self._appended)
            self._taken_over = True
        return len(self)

    def __len__(self) -> int:
        """The number of facts and marks in the state, 0 before :meth:`take_over`."""
        return len(self._state)

    @property
    def state(self) -> PartitionState:
        """The facts as rule state.

        Raises:
            RuntimeError: the recovered records are not loaded yet.
        """
        if not self._taken_over and (self._copy is not None or self._waiting):
            raise RuntimeError("the facts of a partition were used before their recovery")
        self._taken_over = True  # if there was nothing to recover
        return self._state

    def exchange_rules(self, engine: Engine) -> None:
        """Continue with other rules."""
        self._state = self._state.with_rules(engine) if self._taken_over else self._new_state()

    def close(self) -> None:
        """Close the local copy: the partition has moved."""
        if self._copy is not None:
            self._copy.close()


def _facts(copy: Copy) -> Iterator[tuple[bytes, bytes]]:
    return ((key, value) for key, value in copy.records() if not key.startswith(PROGRESS))


def _taken(waiting: dict[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    while waiting:
        yield waiting.popitem()
