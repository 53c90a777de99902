"""What is assumed of aiokafka, against aiokafka itself: README.md of streams/transport lists it all."""

import asyncio
import inspect
import math
import re
import sys
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import AbstractTokenProvider
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import OAuthAuthenticator
from aiokafka.consumer import consumer as aiokafka_consumer
from aiokafka.consumer import fetcher, group_coordinator
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaConnectionError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer import sender
from aiokafka.producer.message_accumulator import MessageAccumulator, MessageBatch
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.protocol.group import HeartbeatResponse_v1
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint
from kafka.partitioner import murmur2

from streams.fact_store.table import partition_of
from streams.settings import load_settings
from streams.settings.oauth_tokens import TokenError, TokenSource
from streams.transport import consumer as ours
from streams.transport.group_membership import WatchedCoordinator
from streams.transport.oauth_tokens import AsyncTokens
from streams.transport.record_batches import TolerantRecords
from streams.transport.refused_records import Handler
from streams.worker.app import create_app
from tests.rigs.frontier import assumes, code


class Begun(Exception):  # noqa: N818
    """The client made its fetcher, and need not go on."""


def fetcher_of(monkeypatch: pytest.MonkeyPatch, *, idempotence: bool) -> dict[str, Any]:
    """What aiokafka gives the fetcher of a consumer that our thread made."""
    app: faust.App = create_app(load_settings(brokers="127.0.0.1:1", idempotence=idempotence))
    given: dict[str, Any] = {}

    def begin(*_: Any, **options: Any) -> None:
        given.update(options)
        raise Begun

    async def nothing(*_: Any) -> None:
        pass

    async def start() -> None:
        consumer: AIOKafkaConsumer = ours.consumer_of(app)._thread._create_worker_consumer(app.transport)
        monkeypatch.setattr(consumer._client, "bootstrap", nothing)
        monkeypatch.setattr(consumer, "_wait_topics", nothing)
        with pytest.raises(Begun):
            await consumer.start()

    monkeypatch.setattr(aiokafka_consumer, "Fetcher", begin)
    app.loop.run_until_complete(start())
    return given


@assumes(
    "aiokafka.consumer.consumer.AIOKafkaConsumer._fetch_max_wait_ms",
    "aiokafka.consumer.consumer.AIOKafkaConsumer._isolation_level",
)
def test_what_we_set_on_a_consumer_reaches_its_fetcher(monkeypatch: pytest.MonkeyPatch) -> None:
    given = fetcher_of(monkeypatch, idempotence=True)
    assert (given["fetch_max_wait_ms"], given["isolation_level"]) == (ours.FETCH_WAIT_MS, "read_committed")
    assert fetcher_of(monkeypatch, idempotence=False)["isolation_level"] == "read_uncommitted"
    assert {"fetch_max_wait_ms", "isolation_level"} <= inspect.signature(Fetcher).parameters.keys()


@assumes("aiokafka.consumer.consumer.Fetcher")
def test_a_consumer_makes_the_fetcher_that_its_module_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetcher_of(monkeypatch, idempotence=True)  # the one above, put there by name


@assumes(
    "aiokafka.consumer.fetcher.Fetcher._proc_fetch_request",
    "aiokafka.consumer.fetcher.Fetcher._get_actions_per_node",
)
def test_the_fetcher_asks_what_to_do_and_does_what_it_is_told() -> None:
    way = code(Fetcher._fetch_requests_routine)
    names = "fetch_requests, reset_requests, timeout, invalid_metadata, resume_futures"
    assert re.search(rf"\(?{names}\)? = self\._get_actions_per_node\(assignment\)", way)
    assert "for node_id, request in fetch_requests:" in way
    assert "self._proc_fetch_request(assignment, node_id, request)" in way
    last = code(Fetcher._get_actions_per_node).splitlines()[-1]
    assert last.strip().startswith("return (fetch_requests, awaiting_reset, backoff, invalid_metadata, resume_futures")
    assert "return needs_wakeup" in code(Fetcher._proc_fetch_request)  # whether the answer held records


@assumes(
    "aiokafka.consumer.consumer.AIOKafkaConsumer._coordinator",
    "aiokafka.consumer.group_coordinator.GroupCoordinator.fetch_committed_offsets",
)
def test_a_consumers_coordinator_gives_the_metadata_of_commits() -> None:
    assert "self._coordinator = GroupCoordinator(" in code(AIOKafkaConsumer.start)
    assert "self._coordinator.fetch_committed_offsets([partition])" in code(AIOKafkaConsumer.committed)
    assert "OffsetAndMetadata(offset, metadata)" in code(GroupCoordinator._do_fetch_commit_offsets)


@assumes(
    "aiokafka.consumer.consumer.AIOKafkaConsumer._client",
    "aiokafka.client.AIOKafkaClient.force_metadata_update",
)
def test_a_consumers_client_renews_its_metadata() -> None:
    async def ask() -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
        client = consumer._client
        assert type(client) is AIOKafkaClient
        asked = asyncio.ensure_future(client.force_metadata_update())
        await asyncio.sleep(0)
        assert not asked.done()
        client._md_update_fut.set_result(True)
        assert await asked is True
        await consumer.stop()

    asyncio.run(ask())


@assumes(
    "aiokafka.record.default_records.DefaultRecordBatchBuilder",
    "aiokafka.record.default_records.DefaultRecordBatch",
    "aiokafka.record.default_records.gzip_encode",
    "aiokafka.record.default_records.gzip_decode",
    "aiokafka.record.default_records.snappy_decode",
    "aiokafka.record.default_records.lz4_decode",
    "aiokafka.record.default_records.zstd_decode",
    "aiokafka.record.legacy_records.LegacyRecordBatch",
)
def test_batches_are_packed_and_unpacked_by_the_functions_that_their_module_names() -> None:
    """test_compression.py packs and unpacks; here it is seen that the names are aiokafka's own, compiled or not."""
    for kind, names in (
        (DefaultRecordBatchBuilder, ("gzip_encode",)),
        (DefaultRecordBatch, ("gzip_decode", "snappy_decode", "lz4_decode", "zstd_decode")),
        (LegacyRecordBatch, ("gzip_decode", "snappy_decode", "lz4_decode")),
    ):
        place = kind.__module__.rpartition(".")[2]
        assert kind.__module__ in (f"aiokafka.record.{place}", f"aiokafka.record._crecords.{place}")
        assert all(callable(vars(sys.modules[kind.__module__])[name]) for name in names)


@assumes(
    "aiokafka.consumer.fetcher.MemoryRecords",
    "aiokafka.record.memory_records.MemoryRecords",
    "aiokafka.record.util.decode_varint",
)
def test_the_fetcher_reads_what_it_fetched_through_the_class_that_its_module_names() -> None:
    """test_record_batches.py reads broken batches; here it is seen which attributes the fetcher asks a batch for."""
    assert fetcher.MemoryRecords in (MemoryRecords, TolerantRecords)
    assert "MemoryRecords(part_data[-1])" in code(fetcher.Fetcher)
    asked = set(re.findall(r"next_batch\.(\w+)", code(fetcher.PartitionRecords)))
    assert asked == {
        "validate_crc", "producer_id", "base_offset", "is_control_batch", "is_transactional", "next_offset",
    }  # fmt: skip
    assert "for record in next_batch" in code(fetcher.PartitionRecords)
    assert decode_varint(b"\x02", 0) == (1, 1)


@assumes("aiokafka.partitioner.DefaultPartitioner")
def test_a_key_goes_where_the_producer_and_every_kafka_client_put_it() -> None:
    partitioner = inspect.signature(AIOKafkaProducer).parameters["partitioner"].default
    assert type(partitioner) is DefaultPartitioner
    for key in ("rule|Kenya", "rule|", "ÄÖ"):
        assert partition_of(key, 7) == (murmur2(key.encode()) & 0x7FFFFFFF) % 7


@assumes(
    "aiokafka.producer.sender.SendProduceReqHandler",
    "aiokafka.producer.sender.Sender._txn_manager",
    "aiokafka.producer.sender.Sender._message_accumulator",
)
def test_the_sender_handles_answers_through_the_class_that_its_module_names() -> None:
    create_app(load_settings(brokers="127.0.0.1:1"))
    assert sender.SendProduceReqHandler is Handler
    way = code(sender.Sender._send_produce_req)
    assert "SendProduceReqHandler(self, batches)" in way
    # A partition stays muted until its answer is handled: only then does another batch get numbers.
    assert way.index("await handler.do(node_id)") < way.index("self._muted_partitions.remove(tp)")
    theirs = Handler.__mro__[1]
    assert re.search(r"batch = self\._batches\.get\(tp\)\s+if batch is None:\s+continue", code(theirs.handle_response))
    assert "elif 5 <= response.API_VERSION <= 7" in code(theirs.handle_response)


@assumes(
    "aiokafka.producer.transaction_manager.TransactionManager._pid_and_epoch",
    "aiokafka.producer.transaction_manager.TransactionManager._pid_waiter",
    "aiokafka.producer.transaction_manager.TransactionManager._sequence_numbers",
)
def test_a_sender_without_a_producer_id_asks_for_one_before_its_next_batch() -> None:
    way = code(sender.Sender._sender_routine)
    between = way[way.index("await self._maybe_wait_for_pid()") : way.index("drain_by_nodes")]
    assert between.count("await") == 1  # no batch gets its numbers between the two
    assert "self._pid_and_epoch.pid != NO_PRODUCER_ID" in code(TransactionManager.has_pid)
    given = code(TransactionManager.set_pid_and_epoch)
    assert "self._pid_and_epoch = PidAndEpoch(pid, epoch)" in given
    assert "self._pid_waiter.set_result(None)" in given


@assumes(
    "aiokafka.producer.message_accumulator.MessageBatch._msg_futures",
    "aiokafka.producer.message_accumulator.MessageAccumulator._batches",
    "aiokafka.producer.message_accumulator.MessageAccumulator._batch_ttl",
)
def test_a_batch_waits_in_a_queue_of_its_partition_with_a_future_for_each_record() -> None:
    assert "self._msg_futures.append((future, metadata))" in code(MessageBatch.append)
    assert "self._batches[tp].appendleft(batch)" in code(MessageAccumulator.reenqueue)
    assert "MessageBatch(tp, builder, self._batch_ttl, self._linger_time)" in code(MessageAccumulator._append_batch)
    taken = code(MessageAccumulator._pop_batch)
    assert "not_retry = batch.retry_count == 0" in taken
    assert "increment_sequence_number(batch.tp, batch.record_count)" in taken
    assert "seq = self._sequence_numbers[tp] + increment" in code(TransactionManager.increment_sequence_number)


@assumes("aiokafka.consumer.consumer.GroupCoordinator")
def test_a_consumer_makes_the_coordinator_that_its_module_names() -> None:
    assert aiokafka_consumer.GroupCoordinator in (GroupCoordinator, WatchedCoordinator)
    assert "self._coordinator = GroupCoordinator(self._client, self._subscription," in code(AIOKafkaConsumer.start)


@assumes(
    "aiokafka.consumer.group_coordinator.GroupCoordinator._do_rejoin_group",
    "aiokafka.consumer.group_coordinator.GroupCoordinator._send_req",
    "aiokafka.consumer.group_coordinator.GroupCoordinator._push_error_to_user",
    "aiokafka.consumer.group_coordinator.GroupCoordinator.reset_generation",
    "aiokafka.consumer.group_coordinator.GroupCoordinator._group_instance_id",
    "aiokafka.consumer.group_coordinator.GroupCoordinator._session_timeout_ms",
    "aiokafka.consumer.group_coordinator.GroupCoordinator._subscription",
    "aiokafka.protocol.group.HeartbeatResponse_v1.API_VERSION",
    "aiokafka.protocol.api.Request.build",
    "aiokafka.protocol.struct.Struct.SCHEMA",
)
def test_the_coordinator_sends_joins_and_keeps_errors_where_we_listen() -> None:
    """test_group_membership.py lets it join; here it is seen that all answers come through the methods we override."""
    joining = code(group_coordinator.CoordinatorGroupRebalance)
    assert joining.count("await self._coordinator._send_req(") == 2  # JoinGroup and SyncGroup
    assert "await self._send_req(request)" in code(GroupCoordinator._do_heartbeat)
    assert "await self._do_rejoin_group(subscription)" in code(GroupCoordinator.ensure_active_group)
    assert "self.reset_generation()" in code(GroupCoordinator._do_commit_offsets)
    assert "self.reset_generation()" in code(GroupCoordinator._do_heartbeat)
    assert "await self._push_error_to_user(exc)" in inspect.getsource(GroupCoordinator)
    assert HeartbeatResponse_v1.API_VERSION == 1


@assumes(
    "faust.transport.drivers.aiokafka.Producer._new_producer",
    "aiokafka.producer.producer.AIOKafkaProducer._message_accumulator",
)
def test_a_batch_that_finds_no_leader_is_dropped_after_its_time() -> None:
    assert "if self._batches[tp][0].expired():" in code(MessageAccumulator.drain_by_nodes)
    for idempotent in (True, False):
        app: faust.App = create_app(load_settings(brokers="127.0.0.1:1", idempotence=idempotent))

        async def ttl(app: faust.App = app) -> float:
            producer = app.producer._new_producer()  # type: ignore[attr-defined]
            return float(producer._message_accumulator._batch_ttl)

        assert app.loop.run_until_complete(ttl()) == (math.inf if idempotent else 40)


@assumes("aiokafka.abc.AbstractTokenProvider.token")
def test_aiokafka_asks_the_provider_for_a_token() -> None:
    def refuse() -> tuple[str, float | None]:
        raise TokenError("no token")

    async def ask(source: TokenSource) -> bytes:
        provider = AsyncTokens(source)
        assert isinstance(provider, AbstractTokenProvider)
        payload, _ = await OAuthAuthenticator(sasl_oauth_token_provider=provider).step(None)
        return bytes(payload)

    assert asyncio.run(ask(TokenSource(lambda: ("abc", 60)))) == b"n,,\x01auth=Bearer abc\x01\x01"
    with pytest.raises(KafkaConnectionError, match="no token"):
        asyncio.run(ask(TokenSource(refuse)))


@assumes("aiokafka.client.MetadataRequest", "aiokafka.protocol.metadata.MetadataRequest")
def test_a_client_asks_for_metadata_by_the_class_that_its_module_names() -> None:
    assert "MetadataRequest(list(topics) if topics else None)" in code(AIOKafkaClient._metadata_update)
    assert "MetadataRequest([])" in code(AIOKafkaClient.bootstrap)
    assert list(inspect.signature(MetadataRequest.__init__).parameters) == [
        "self",
        "topics",
        "allow_auto_topic_creation",
    ]


@assumes(
    "aiokafka.producer.producer.AIOKafkaProducer._txn_manager",
    "aiokafka.producer.message_accumulator.MessageAccumulator._pop_batch",
)
def test_a_batch_is_given_up_as_aiokafka_gives_up_one_that_has_expired() -> None:
    expired = code(MessageAccumulator.drain_by_nodes)
    assert "batch = self._pop_batch(tp)" in expired
    assert "batch.failure(exception=err)" in expired
    popped = code(MessageAccumulator._pop_batch)
    assert "increment_sequence_number(batch.tp, batch.record_count)" in popped
    assert "batch.drain_ready()" in popped
    assert "future.set_result(None)" in code(MessageBatch.done_noack)
