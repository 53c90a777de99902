"""Rule state as a Faust table: a changelog on Kafka, and an index in memory for each partition.

Each fact has its own key, is written once and deleted behind the watermark. The store keeps one
:class:`FactPartition` a partition, filled by recovery, and drops it when the partition moves; it holds nothing else,
and nothing iterates over the table. With the setting ``store: rocksdb``, each owned partition also has a copy on local
disk, so that recovery reads only what was written since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import faust
from aiokafka.partitioner import DefaultPartitioner
from faust.stores.memory import Store
from faust.tables.table import Table
from faust.types import TP, EventT

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from streams.fact_store.changelog import Record
from streams.fact_store.partition import FactPartition
from streams.kafka.topic_states import TopicState
from streams.kafka.topics import TOMBSTONES, TOMBSTONES_MS
from streams.settings import Settings, SettingsError

if TYPE_CHECKING:  # RocksDB is an extra
    from streams.fact_store.local_copy import LocalCopies

Fatal = Callable[[BaseException], None]

#: The producer's partitioner, which maps a key to its partition of ``observations``.
_partitioner = DefaultPartitioner()


def partition_of(key: str, partitions: int) -> int:
    """The partition of ``observations`` that a rule's group belongs to."""
    everything = list(range(partitions))
    return int(_partitioner(key.encode(), everything, everything))


def local_copies(settings: Settings, changelog: TopicState) -> LocalCopies | None:
    """The copies on local disk, if the settings enable them; None: rule state is kept in memory.

    Raises:
        SettingsError: RocksDB is not installed.
    """
    if settings.store == "memory":
        return None
    require_store(settings)
    from streams.fact_store.local_copy import LocalCopies

    folder = settings.data_dir / settings.app_id / "facts"
    # Half the retention of tombstones: clocks differ, and reading takes a while.
    longest_age = int((changelog.in_force or changelog.config).get(TOMBSTONES, TOMBSTONES_MS)) / 1000 / 2
    return LocalCopies(folder, changelog.id, longest_age)


def require_store(settings: Settings) -> None:
    """Check that the package of the configured store is installed.

    Raises:
        SettingsError: it is not installed.
    """
    if settings.store == "rocksdb":
        try:
            import rocksdict  # noqa: F401
        except ImportError as error:
            raise SettingsError(
                f"store: rocksdb needs the package rocksdict ({error}); install it: pip install 'newswatch[rocksdb]'"
            ) from None


class FactStore(Store[bytes, bytes]):
    """Facts of the partitions that this worker owns, as rule state."""

    engine: Engine
    fatal: Fatal
    advance_when_silent: bool
    changelog: str
    copies: LocalCopies | None

    def __post_init__(self) -> None:
        self.partitions: dict[int, FactPartition] = {}
        self.restored = 0
        """Number of changelog records restored since the start of this process."""
        self._owned: set[int] = set()
        self._generation = 0

    def partition(self, number: int) -> FactPartition:
        """The state of a partition that this worker owns, empty if nothing was recovered."""
        held = self.partitions.get(number)
        if held is None:
            new_state = partial(self._new_state, number)
            held = FactPartition(new_state, advance_when_silent=self.advance_when_silent)
            self.partitions[number] = held
        return held

    def _new_state(self, number: int) -> PartitionState:
        return PartitionState(self.engine, lambda key: partition_of(key, self.table.partitions or 1) == number)

    def exchange_rules(self, engine: Engine) -> None:
        """Continue with other rules in every partition."""
        self.engine = engine
        for held in self.partitions.values():
            held.exchange_rules(engine)

    async def open_copies(self, ends: Mapping[int, int]) -> None:
        """Open the local copies of newly assigned partitions; ``ends`` are the partitions' newest offsets.

        A copy that is ahead of the log belongs to another log. An open copy that has expired is opened again.
        """
        copies = self.copies
        if copies is None:
            return
        for number, held in list(self.partitions.items()):
            if held.copy is not None and not copies.counts(held.copy):
                held.close()
                del self.partitions[number]
        for number in sorted((ends.keys() & self._owned) - self.partitions.keys()):
            copy = await copies.open(number)
            if copy is not None and copy.offset > ends[number]:
                copy = copies.renewed(number, copy)
            if copy is None:
                continue
            if number in self._owned and number not in self.partitions:
                self.partition(number).use(copy)
            else:
                copy.close()

    def restore(
        self,
        held: FactPartition,
        number: int,
        records: Sequence[Record],
        offset: int,
        appended: datetime | None = None,
    ) -> bool:
        """Restore records of the changelog; False if ``held`` is no longer this partition's state.

        An error ends the worker, which would otherwise continue without these facts.
        """
        if self.partitions.get(number) is not held:
            return False
        try:
            held.restore(records, offset, appended)
        except Exception as error:
            self.fatal(error)
            raise
        self.restored += len(records)
        return True

    def load(self, number: int) -> int:
        """Load the recovered records as rule state; returns the number of facts. An error ends the worker."""
        try:
            return self.partition(number).take_over()
        except Exception as error:
            self.fatal(error)
            raise

    def apply_changelog_batch(
        self, batch: Iterable[EventT[bytes]], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Faust's own recovery, which :mod:`streams.fact_store.recovery` replaces."""
        del to_key, to_value  # keys and values are bytes
        for event in batch:
            message = event.message
            if message.partition in self._owned:
                held = self.partition(message.partition)
                self.restore(held, message.partition, [(message.key or b"", message.value)], message.offset)

    def persisted_offset(self, tp: TP) -> int:
        """The offset of the newest changelog record in this store; -1: read the whole changelog."""
        held = self.partitions.get(tp.partition)
        return held.offset if held is not None else -1

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Do nothing: Faust calls this for a table's own writes, and this table has none."""

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Drop partitions that moved away: other workers write there now.

        A worker that missed a generation of its group (stopped or cut off beyond its session timeout) drops everything,
        because others may have written and deleted in between. Its local copies remain valid at their offsets.
        """
        del revoked, newly_assigned
        if generation_id != self._generation + 1:
            self.reset_state()
        self._generation = generation_id
        self._owned = {tp.partition for tp in assigned if tp.topic == self.changelog}
        for partition in set(self.partitions) - self._owned:
            self.partitions.pop(partition).close()

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Do nothing: partitions that moved are already dropped."""

    def reset_state(self) -> None:
        """Drop everything in memory, and close the local copies."""
        for held in self.partitions.values():
            held.close()
        self.partitions.clear()

    async def on_stop(self) -> None:
        """Close the local copies; the next owner reads what is still being written."""
        for held in self.partitions.values():
            held.close()


class FactTable(Table[bytes, bytes]):
    """A table whose store is a :class:`FactStore`."""

    def __init__(
        self,
        app: faust.App,
        *,
        engine: Engine,
        fatal: Fatal,
        partitions: int,
        advance_when_silent: bool,
        copies: LocalCopies | None = None,
    ) -> None:
        self._engine = engine
        self._fatal = fatal
        self._advance_when_silent = advance_when_silent
        self._copies = copies
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
        store.copies = self._copies
        return store

    @property
    def store(self) -> FactStore:
        """The table's store."""
        data = self.data
        if not isinstance(data, FactStore):
            raise TypeError("the facts table must use a FactStore")
        return data
