"""Recovery of rule state: read the changelog in whole fetches, thousands of records at once.

Faust (0.15.3) passes each changelog record through two queues and five tasks: 300,000 took 25 to 50 s, in which the
worker did nothing else. Here Faust still decides when to recover, from where and how far; a plain consumer does the
reading, and Faust finds nothing left to read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from time import monotonic, time
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError, KafkaConnectionError, KafkaTimeoutError
from aiokafka.structs import ConsumerRecord, TopicPartition
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.transport.drivers.aiokafka import Transport, credentials_to_aiokafka_auth, server_list
from faust.types import TP
from faust.types.transports import ConsumerT

from streams.fact_store.table import FactStore, FactTable

logger = logging.getLogger(__name__)

#: Largest fetch of one partition (bytes); a larger record is fetched alone.
FETCH_BYTES = 4 * 1024 * 1024
#: Pause between attempts to reach a broker (seconds).
RETRY_SECONDS = 1.0


class ChangelogRecovery(Recovery):
    """Faust's recovery with its own reader, and without Faust's timeouts.

    Faust takes a request that times out for an empty answer: the worker would continue without its rule state. Here it
    waits; :mod:`streams.monitoring.health` checks that it makes progress.
    """

    async def _wait(self, coro: Any, timeout: object = None) -> None:
        del timeout
        try:
            await super()._wait(coro)
        except (RebalanceAgain, ServiceStopped, IllegalStateError):  # Faust's own, which it handles
            raise
        except Exception as error:  # Faust would stop recovering, and the worker would keep running
            for table in self.tables.values():
                if isinstance(table, FactTable):
                    table.store.fatal(error)
            raise

    async def _build_offsets(self, consumer: ConsumerT, tps: set[TP], destination: Any, title: str) -> None:
        for store, own in self._stores(tps).items():
            await store.open_copies({tp.partition: self.active_highwaters[tp] for tp in own})
            for tp in own:  # one by one: Faust keeps offsets in a Counter, whose update() adds
                destination[tp] = store.persisted_offset(tp)
        await _patiently(partial(super()._build_offsets, consumer, tps, destination, title))

    async def _build_highwaters(self, consumer: ConsumerT, tps: set[TP], destination: Any, title: str) -> None:
        await _patiently(partial(super()._build_highwaters, consumer, tps, destination, title))

    async def _seek_offsets(self, consumer: ConsumerT, tps: set[TP], offsets: Any, title: str) -> None:
        await _patiently(partial(super()._seek_offsets, consumer, tps, offsets, title))
        for store, own in self._stores(tps).items():
            started, before = monotonic(), store.restored
            await self._read(store, own, offsets)
            facts = 0
            for tp in sorted(own):
                if tp.partition in store.partitions:
                    facts += store.load(tp.partition)
                await asyncio.sleep(0)
            read, seconds = store.restored - before, monotonic() - started
            logger.info("rule state recovered: %d facts, %d changelog records read in %.1f s", facts, read, seconds)

    async def _verify_remaining(self, now: float, stats: object) -> None:
        """Do nothing: Faust would check for a stall of its own reader, which is not used."""

    def _stores(self, tps: set[TP]) -> Mapping[FactStore, set[TP]]:
        found: dict[FactStore, set[TP]] = {}
        for tp in tps & self.active_tps:
            table = self.tp_to_table[tp]
            if isinstance(table, FactTable):
                found.setdefault(table.store, set()).add(tp)
        return found

    async def _read(self, store: FactStore, tps: set[TP], offsets: Any) -> None:
        """Read up to the newest record at the start of the recovery; keeps ``offsets`` current."""
        ends = self.active_highwaters
        left = {TopicPartition(tp.topic, tp.partition): tp for tp in tps if offsets[tp] < ends[tp]}
        held = {tp: store.partition(tp.partition) for tp in left.values()}
        if not left:
            return
        consumer = await self._consumer()
        try:
            consumer.assign(list(left))
            for place, tp in left.items():
                consumer.seek(place, offsets[tp] + 1)
            while left:
                fetched = await consumer.getmany(*left, timeout_ms=1000)
                for place, records in fetched.items():
                    number, pairs = place.partition, [(record.key or b"", record.value) for record in records]
                    if not store.restore(held[left[place]], number, pairs, records[-1].offset, _appended(records)):
                        await self.signal_recovery_start.wait()  # the partition has moved: this recovery is over
                for place, tp in list(left.items()):
                    offsets[tp] = max(offsets[tp], await consumer.position(place) - 1)
                    if offsets[tp] >= ends[tp]:
                        del left[place]
        finally:
            await consumer.stop()

    async def _consumer(self) -> AIOKafkaConsumer:
        """A consumer without a group, configured like the app."""
        conf, transport = self.app.conf, self.app.transport
        if not isinstance(transport, Transport):
            raise TypeError("the app must use the transport of streams.transport.consumer")
        said = ""
        while True:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=server_list(transport.url, transport.default_port),
                client_id=f"{conf.broker_client_id}-recovery",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=FETCH_BYTES,
                request_timeout_ms=int(conf.broker_request_timeout * 1000),
                **credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
            )
            try:
                await consumer.start()
            except KafkaConnectionError as error:
                if str(error) != said:
                    said = str(error)
                    logger.warning("cannot read the changelog yet, retrying: %s", error)
                await consumer.stop()
                await asyncio.sleep(RETRY_SECONDS)
            except BaseException:
                await consumer.stop()
                raise
            else:
                return consumer


async def _patiently(ask: Callable[[], Awaitable[None]]) -> None:
    """Ask the brokers until they answer."""
    said = ""
    while True:
        try:
            await ask()
        except (KafkaTimeoutError, KafkaConnectionError, TimeoutError) as error:
            if repr(error) != said:
                said = repr(error)
                logger.warning("cannot read the changelog yet, retrying: %s", said)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


def _appended(records: Sequence[ConsumerRecord]) -> datetime:
    """When the newest of some records was appended: the broker's time, or a producer's that is not later than now."""
    times = (one.timestamp / 1000 if one.timestamp_type else min(one.timestamp / 1000, time()) for one in records)
    return datetime.fromtimestamp(max(0.0, *times), UTC)


class FactTables(TableManager):
    """The app's tables, recovered by :class:`ChangelogRecovery`."""

    @property
    def recovery(self) -> Recovery:
        """The service that recovers the tables."""
        if self._recovery is None:
            self._recovery = ChangelogRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
