"""A broker refuses a batch for one record: that record fails, the others are written, once and in order."""

import asyncio
from typing import Any, NamedTuple

import pytest
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.structs import TopicPartition

from streams.transport.refused_records import Handler, RecordRefusedError

TP = TopicPartition("alerts", 0)
TOO_LARGE, INVALID, FORBIDDEN = 10, 87, 29


class Answer(NamedTuple):
    """What a broker answers to a produce request, version 8."""

    topics: list[Any]
    API_VERSION: int = 8


class Cluster:
    """One leader for every partition."""

    def leader_for_partition(self, tp: TopicPartition) -> int:
        return 1


class Broker:
    """A partition that refuses what is larger than ``most`` or named in ``invalid``, and counts a producer's records.

    Wrong numbers are refused like Kafka does (OutOfOrderSequenceNumber).
    """

    def __init__(self, *, most: int = 10**9, invalid: tuple[bytes, ...] = (), idempotent: bool = True) -> None:
        self.most = most
        self.invalid = invalid
        self.idempotent = idempotent
        self.log: list[bytes] = []
        self.since = 0  # where the producer's present id began
        self.requests = 0

    def append(self, data: bytes) -> int:
        self.requests += 1
        batch = DefaultRecordBatch(data)
        values = [record.value for record in batch]
        if len(data) > self.most:
            return TOO_LARGE
        if set(values) & set(self.invalid):
            return INVALID
        assert not self.idempotent or batch.base_sequence == len(self.log) - self.since, "OutOfOrderSequenceNumber"
        self.log += values
        return 0


class Sender:
    """What a handler knows of aiokafka's sender."""

    def __init__(self, *, idempotent: bool = True) -> None:
        loop = asyncio.get_running_loop()
        self._txn_manager = TransactionManager(None, 1) if idempotent else None
        if self._txn_manager is not None:
            self._txn_manager.set_pid_and_epoch(7, 0)
        self._message_accumulator = MessageAccumulator(
            Cluster(), 16_384, 0, 30, txn_manager=self._txn_manager, loop=loop
        )
        self._retry_backoff = 0.1
        self.client = None

    async def put(self, *values: bytes) -> list[asyncio.Future[Any]]:
        return [await self._message_accumulator.add_message(TP, b"k", value, 5) for value in values]

    def turn(self, broker: Broker, said: str | None = None) -> bool:
        """Send what waits, one batch a partition, and handle the answer; False if nothing waits."""
        nodes, _ = self._message_accumulator.drain_by_nodes(ignore_nodes=())
        for batches in nodes.values():
            handler = Handler(self, batches)
            code = broker.append(bytes(batches[TP].get_data_buffer()))
            offset = len(broker.log) - batches[TP].record_count
            handler.handle_response(Answer([(TP.topic, [(TP.partition, code, offset, -1, 0, [], said)])]))
        return bool(nodes)


def outcomes(futures: list[asyncio.Future[Any]]) -> list[Any]:
    """Of each record its offset, or why it was refused."""
    return [future.exception() or future.result().offset for future in futures]


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("at_fault", [(0,), (4,), (9,), (2, 3, 8), tuple(range(10))])
def test_one_record_costs_one_record(at_fault: tuple[int, ...], idempotent: bool) -> None:
    async def run() -> None:
        sender, values = Sender(idempotent=idempotent), [b"%d" % number for number in range(10)]
        broker = Broker(invalid=tuple(values[number] for number in at_fault), idempotent=idempotent)
        futures = await sender.put(*values)
        assert sender.turn(broker, "no key")
        putting = asyncio.create_task(sender.put(b"later"))  # stays behind what waits
        await asyncio.sleep(0)
        while sender.turn(broker, "no key") or not putting.done():
            await asyncio.sleep(0)
        later = await putting
        while sender.turn(broker):
            pass
        good = [value for number, value in enumerate(values) if number not in at_fault]
        assert broker.log == [*good, b"later"]
        found = outcomes([*futures, *later])
        for number, outcome in enumerate(found):
            if number in at_fault:
                assert isinstance(outcome, RecordRefusedError)
                assert not outcome.too_large
                assert str(outcome) == "alerts refuses a record of 70 bytes, compressed (INVALID_RECORD: no key)"
            else:
                assert broker.log[outcome] == [*values, b"later"][number]
        await asyncio.wait_for(sender._message_accumulator.flush(), 5)

    asyncio.run(run())


def test_records_that_are_too_large_only_together_are_all_written() -> None:
    async def run() -> None:
        sender, broker = Sender(), Broker(most=2_000)
        values = [bytes([65 + number]) * 300 for number in range(20)]
        futures = await sender.put(*values)
        while sender.turn(broker):
            pass
        assert broker.log == values
        assert outcomes(futures) == list(range(20))
        assert broker.requests == 7  # 20, 10, 5, 5, 10, 5, 5

    asyncio.run(run())


def test_a_refusal_tells_topic_and_size() -> None:
    async def run() -> None:
        sender, broker = Sender(), Broker(most=500)
        small, large = await sender.put(b"small", b"x" * 1000)
        while sender.turn(broker):
            pass
        error = large.exception()
        assert isinstance(error, RecordRefusedError)
        assert (error.topic, error.partition, error.too_large) == ("alerts", 0, True)
        assert str(error) == "alerts refuses a record of 1,071 bytes, compressed (MESSAGE_TOO_LARGE)"
        assert small.result().offset == 0

    asyncio.run(run())


def test_whoever_flushes_waits_for_the_halves() -> None:
    async def run() -> None:
        sender, broker = Sender(), Broker(invalid=(b"bad",))
        await sender.put(b"good", b"bad")
        flushing = asyncio.ensure_future(sender._message_accumulator.flush())
        sender.turn(broker)
        await asyncio.sleep(0)
        assert not flushing.done()
        while sender.turn(broker):
            pass
        await asyncio.wait_for(flushing, 5)

    asyncio.run(run())


@pytest.mark.parametrize("attempts", [1, 2])
def test_after_a_right_is_granted_again_the_numbers_go_on_where_the_broker_is(attempts: int) -> None:
    async def run() -> None:
        sender, broker = Sender(), Broker()
        await sender.put(b"1")
        sender.turn(broker)
        futures = await sender.put(b"2", b"3")
        for attempt in range(attempts):
            nodes, _ = sender._message_accumulator.drain_by_nodes(ignore_nodes=())
            if attempt + 1 < attempts:
                sender._message_accumulator.reenqueue(nodes[1][TP])
        Handler(sender, nodes[1]).handle_response(
            Answer([(TP.topic, [(TP.partition, FORBIDDEN, -1, -1, 0, [], None)])])
        )
        assert [type(future.exception()) for future in futures] == [TopicAuthorizationFailedError] * 2
        if attempts > 1:
            sender._txn_manager.set_pid_and_epoch(8, 0)
            broker.since = len(broker.log)
        later = await sender.put(b"4")
        sender.turn(broker)
        assert broker.log == [b"1", b"4"]
        assert outcomes(later) == [1]

    asyncio.run(run())


@pytest.mark.parametrize("written", [False, True])
def test_a_batch_that_was_sent_before_without_an_answer_begins_anew_under_another_id(written: bool) -> None:
    """It may have been written then, before the topic's limit was lowered: nothing may be taken for a duplicate of it."""

    async def run() -> None:
        sender, broker = Sender(), Broker(invalid=(b"bad",))
        numbers = sender._txn_manager
        assert numbers is not None
        good, bad = await sender.put(b"good", b"bad")
        nodes, _ = sender._message_accumulator.drain_by_nodes(ignore_nodes=())
        if written:
            broker.log += [b"good", b"bad"]
        sender._message_accumulator.reenqueue(nodes[1][TP])
        sender.turn(broker)
        assert not numbers.has_pid()
        numbers.set_pid_and_epoch(8, 0)  # as the sender does before its next batch
        broker.since = len(broker.log)
        while sender.turn(broker):
            pass
        assert broker.log == ([b"good", b"bad"] if written else []) + [b"good"]
        assert isinstance(bad.exception(), RecordRefusedError)
        assert broker.log[good.result().offset] == b"good"

    asyncio.run(run())


def test_partitions_stay_known_to_the_sender_which_mutes_them() -> None:
    async def run() -> None:
        sender, broker = Sender(), Broker(invalid=(b"bad",))
        await sender.put(b"bad")
        nodes, _ = sender._message_accumulator.drain_by_nodes(ignore_nodes=())
        batches: dict[Any, Any] = nodes[1]
        code = broker.append(bytes(batches[TP].get_data_buffer()))
        Handler(sender, batches).handle_response(Answer([(TP.topic, [(0, code, -1, -1, 0, [], None)])]))
        assert list(batches) == [TP]

    asyncio.run(run())
