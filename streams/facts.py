"""The detectors' facts as a Faust table: a changelog on Kafka, an index in memory per partition.

Each fact is a key of its own, written once and deleted behind the watermark. The store keeps one
:class:`FactPartition` a partition, fed by recovery, and drops it when the partition moves away;
nothing else is held, and the table is never iterated over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

import faust
from aiokafka.partitioner import DefaultPartitioner
from faust.stores.memory import Store
from faust.tables.table import Table
from faust.types import TP, EventT

from detectors.engine import Engine
from detectors.state import PartitionState
from detectors.watermark import Progress

Fatal = Callable[[BaseException], None]

#: The one that the producer uses: which partition of ``observations`` a key goes to.
_partitioner = DefaultPartitioner()
#: Beginning of the changelog keys of a partition's progress; no rule's name begins so.
PROGRESS = "~progress "


class FactPartition:
    """What is held of one partition of ``observations``: its facts, and how far the articles have come.

    Records of the changelog are collected first, so that what was deleted later is never taken in. ``offset`` is the
    newest changelog record that is in here, -1 for none.
    """

    def __init__(self, state: PartitionState, *, advance_when_silent: bool) -> None:
        self._state = state
        self._recovered: dict[str, bytes] = {}
        self._progress_keys: set[str] = set()
        self.offset = -1
        self.progress = Progress(advance_when_silent=advance_when_silent)
        self.settled_watermark: datetime | None = None
        self.settled_layers: dict[int, datetime] = {}

    def restore(self, key: str, value: bytes | None, offset: int) -> None:
        """Take over one record of the changelog; None deletes."""
        self.offset = max(offset, self.offset)
        if key.startswith(PROGRESS):
            self._restore_progress(key, value)
        elif value is None:
            self._recovered.pop(key, None)
        else:
            self._recovered[key] = value

    def _restore_progress(self, key: str, value: bytes | None) -> None:
        if value is None:
            self._progress_keys.discard(key)
        else:
            self._progress_keys.add(key)
            self.progress.load(value)

    def progress_records(self, generation: int) -> list[tuple[str, bytes | None]]:
        """The progress as changelog records, under a key of this generation of the group alone.

        Owners of the past that wake up write under keys of their own, and cannot take anything back: what is read at
        recovery is the maximum of all. Their keys are deleted once ours is written.
        """
        own = f"{PROGRESS}{generation}"
        records: list[tuple[str, bytes | None]] = [(own, self.progress.dump())]
        records += [(old, None) for old in sorted(self._progress_keys - {own})]
        self._progress_keys = {own}
        return records

    @property
    def state(self) -> PartitionState:
        """The facts as the detectors' state."""
        for key, value in self._recovered.items():
            self._state.restore(key, value)
        self._recovered.clear()
        return self._state

    def exchange_rules(self, engine: Engine) -> None:
        """Go on with other rules."""
        self._state = self.state.with_rules(engine)


class FactStore(Store[bytes, bytes]):
    """Facts of the partitions that this worker owns, as the detectors' state."""

    engine: Engine
    fatal: Fatal
    advance_when_silent: bool
    changelog: str

    def __post_init__(self) -> None:
        self.partitions: dict[int, FactPartition] = {}
        self.restored = 0
        """Changelog records taken over since the start of this process."""
        self._owned: set[int] = set()
        self._generation = 0

    def partition(self, number: int) -> FactPartition:
        """What is held of a partition that this worker owns, empty where nothing was recovered."""
        held = self.partitions.get(number)
        if held is None:
            state = PartitionState(self.engine, partial(self._belongs, number))
            held = FactPartition(state, advance_when_silent=self.advance_when_silent)
            self.partitions[number] = held
        return held

    def exchange_rules(self, engine: Engine) -> None:
        """Go on with other rules in every partition held."""
        self.engine = engine
        for held in self.partitions.values():
            held.exchange_rules(engine)

    def _belongs(self, number: int, key: str) -> bool:
        everything = list(range(self.table.partitions or 1))
        return bool(_partitioner(key.encode(), everything, everything) == number)

    def apply_changelog_batch(
        self, batch: Iterable[EventT[bytes]], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Take over records read from the changelog at recovery; those of a partition that moved away are left out."""
        del to_key, to_value  # keys and values are bytes
        try:
            for event in batch:
                message = event.message
                if message.partition in self._owned:
                    key = (message.key or b"").decode()
                    self.partition(message.partition).restore(key, message.value, message.offset)
                    self.restored += 1
        except Exception as error:  # Faust would log it and go on without these facts
            self.fatal(error)
            raise

    def persisted_offset(self, tp: TP) -> int:
        """The newest changelog record that this store holds; -1: read all of it."""
        held = self.partitions.get(tp.partition)
        return held.offset if held is not None else -1

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Nothing to do: Faust calls it for what a table writes by itself, and this one does not."""

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Drop what belongs to partitions that moved away: others write there now.

        A worker that missed a generation of its group (stopped, or cut off, past its session) drops everything, for
        others may have written and deleted in between.
        """
        del revoked, newly_assigned
        if generation_id != self._generation + 1:
            self.partitions.clear()
        self._generation = generation_id
        self._owned = {tp.partition for tp in assigned if tp.topic == self.changelog}
        for partition in set(self.partitions) - self._owned:
            del self.partitions[partition]

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Nothing to do: what moved away was dropped before."""

    def reset_state(self) -> None:
        """Forget everything held in memory."""
        self.partitions.clear()


class FactTable(Table[bytes, bytes]):
    """A table whose store is a :class:`FactStore`."""

    def __init__(
        self, app: faust.App, *, engine: Engine, fatal: Fatal, partitions: int, advance_when_silent: bool
    ) -> None:
        self._engine = engine
        self._fatal = fatal
        self._advance_when_silent = advance_when_silent
        super().__init__(
            app,
            name="facts",
            partitions=partitions,
            key_type=bytes,
            value_type=bytes,
            recovery_buffer_size=1000,
        )

    def _new_store(self) -> FactStore:
        store = FactStore(
            "memory://",
            self.app,
            self,
            table_name=self.name,
            key_type=self.key_type,
            key_serializer=self.key_serializer,
            value_serializer=self.value_serializer,
            value_type=self.value_type,
            loop=self.loop,
            options=self.options,
        )
        store.engine = self._engine
        store.fatal = self._fatal
        store.changelog = self.changelog_topic_name
        store.advance_when_silent = self._advance_when_silent
        return store

    @property
    def store(self) -> FactStore:
        """The table's store."""
        data = self.data
        if not isinstance(data, FactStore):
            raise TypeError("the facts table has a store of its own")
        return data
