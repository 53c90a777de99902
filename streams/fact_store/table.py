"""The detectors' facts as a Faust table: a changelog on Kafka, an index in memory per partition.

Each fact is a key of its own, written once and deleted behind the watermark. The store keeps one
:class:`FactPartition` a partition, fed by recovery, and drops it when the partition moves away;
nothing else is held, and the table is never iterated over. With the setting ``store: rocksdb`` each partition owned has
a copy on local disk beside it, so that recovery reads only what was written since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from streams.kafka.topics import TOMBSTONES, TOMBSTONES_MS, TopicState
from streams.settings import Settings, SettingsError

if TYPE_CHECKING:  # RocksDB is an extra
    from streams.fact_store.local_copy import LocalCopies

Fatal = Callable[[BaseException], None]

#: The one that the producer uses: which partition of ``observations`` a key goes to.
_partitioner = DefaultPartitioner()


def partition_of(key: str, partitions: int) -> int:
    """The partition of ``observations`` that a rule's group belongs to."""
    everything = list(range(partitions))
    return int(_partitioner(key.encode(), everything, everything))


def local_copies(settings: Settings, changelog: TopicState) -> LocalCopies | None:
    """The copies on local disk that the settings ask for; None: facts are kept in memory.

    Raises:
        SettingsError: RocksDB is not installed.
    """
    if settings.store == "memory":
        return None
    require_store(settings)
    from streams.fact_store.local_copy import LocalCopies

    folder = settings.data_dir / settings.app_id / "facts"
    # Half the time: clocks differ, and reading takes a while.
    longest_age = int(changelog.config.get(TOMBSTONES, TOMBSTONES_MS)) / 1000 / 2
    return LocalCopies(folder, changelog.id, longest_age)


def require_store(settings: Settings) -> None:
    """See that what the store needs is installed.

    Raises:
        SettingsError: it is not.
    """
    if settings.store == "rocksdb":
        try:
            import rocksdict  # noqa: F401
        except ImportError as error:
            raise SettingsError(
                f"store: rocksdb needs the package rocksdict ({error}); to install it: pip install 'newswatch[rocksdb]'"
            ) from None


class FactStore(Store[bytes, bytes]):
    """Facts of the partitions that this worker owns, as the detectors' state."""

    engine: Engine
    fatal: Fatal
    advance_when_silent: bool
    changelog: str
    copies: LocalCopies | None

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
            new_state = partial(self._new_state, number)
            held = FactPartition(new_state, advance_when_silent=self.advance_when_silent)
            self.partitions[number] = held
        return held

    def _new_state(self, number: int) -> PartitionState:
        return PartitionState(self.engine, lambda key: partition_of(key, self.table.partitions or 1) == number)

    def exchange_rules(self, engine: Engine) -> None:
        """Go on with other rules in every partition held."""
        self.engine = engine
        for held in self.partitions.values():
            held.exchange_rules(engine)

    async def open_copies(self, ends: Mapping[int, int]) -> None:
        """Begin with the local copies of partitions that were not held so far; ``ends`` are their newest offsets.

        A copy that goes further than the log is of another log. One that is held and has grown too old begins anew.
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

    def restore(self, held: FactPartition, number: int, records: Sequence[Record], offset: int) -> bool:
        """Take over records of the changelog; False where the partition has moved away from ``held`` meanwhile.

        An error ends the worker: to go on would be without these facts.
        """
        if self.partitions.get(number) is not held:
            return False
        try:
            held.restore(records, offset)
        except Exception as error:
            self.fatal(error)
            raise
        self.restored += len(records)
        return True

    def load(self, number: int) -> int:
        """Make what was recovered the detectors' state; returns how many facts. An error ends the worker."""
        try:
            return self.partition(number).take_over()
        except Exception as error:
            self.fatal(error)
            raise

    def apply_changelog_batch(
        self, batch: Iterable[EventT[bytes]], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Faust's own way of recovery, that :mod:`streams.fact_store.recovery` takes the place of."""
        del to_key, to_value  # keys and values are bytes
        for event in batch:
            message = event.message
            if message.partition in self._owned:
                held = self.partition(message.partition)
                self.restore(held, message.partition, [(message.key or b"", message.value)], message.offset)

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
        others may have written and deleted in between. Its local copies still hold what the log said at their offsets.
        """
        del revoked, newly_assigned
        if generation_id != self._generation + 1:
            self.reset_state()
        self._generation = generation_id
        self._owned = {tp.partition for tp in assigned if tp.topic == self.changelog}
        for partition in set(self.partitions) - self._owned:
            self.partitions.pop(partition).close()

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Nothing to do: what moved away was dropped before."""

    def reset_state(self) -> None:
        """Forget everything held in memory, and let go of the local copies."""
        for held in self.partitions.values():
            held.close()
        self.partitions.clear()

    async def on_stop(self) -> None:
        """Let go of the local copies; what is still written is read again by the next owner."""
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
            raise TypeError("the facts table has a store of its own")
        return data
