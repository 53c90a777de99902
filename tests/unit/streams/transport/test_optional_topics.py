"""A topic that is gone, or closed to this user, costs what is sent to it, and nothing that goes elsewhere."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.structs import TopicPartition

from streams.transport import optional_topics
from streams.transport.optional_topics import OptionalTopics

OWN, OTHER = TopicPartition("alerts.desk", 0), TopicPartition("alerts", 0)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optional_topics, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(optional_topics, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(optional_topics, "AGAIN_SECONDS", 3600.0)


class Client:
    """A client whose brokers know some topics."""

    def __init__(self, cluster: ClusterMetadata) -> None:
        self.cluster = cluster
        self.known: set[str] = set()
        self.answers = True
        self.asked = 0
        self.topics: set[str] = set()

    def add_topic(self, topic: str) -> None:
        self.topics.add(topic)

    async def force_metadata_update(self) -> bool:
        self.asked += 1
        if self.answers:
            self.learn()
        return self.answers

    def learn(self) -> None:
        self.cluster._partitions = {topic: {0: object()} for topic in self.known}


class Producer:
    """aiokafka's buffers, and no connection."""

    def __init__(self, *known: str) -> None:
        cluster = ClusterMetadata()
        self.client = Client(cluster)
        self.client.known = set(known)
        self.client.learn()
        self._txn_manager = TransactionManager(None, 1000)
        self._txn_manager.set_pid_and_epoch(1, 0)
        self._message_accumulator = MessageAccumulator(cluster, 1000, 0, 40, txn_manager=self._txn_manager)
        self.lost: list[str] = []
        self.optional = OptionalTopics(lambda topic: topic.startswith("alerts."), self.lost.append)

    async def send(self, tp: TopicPartition = OWN, value: bytes = b"x") -> Any:
        async def send() -> Any:
            return await self._message_accumulator.add_message(tp, None, value, 40)

        return await self.optional.send(self, tp.topic, send)  # type: ignore[arg-type]


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scenario())


def test_a_topic_that_exists_is_sent_to() -> None:
    async def scenario() -> None:
        producer = Producer("alerts.desk")
        sent = await producer.send()
        await asyncio.sleep(0.2)
        assert not sent.done()
        producer._message_accumulator._pop_batch(OWN).done(7)
        assert (await sent).offset == 7
        assert producer.lost == []
        assert producer.client.asked == 0

    run(scenario)


def test_a_topic_that_is_gone_is_told_once_and_left_out_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        producer = Producer("alerts")
        for _ in range(3):
            assert await (await producer.send()) is None
        asked = producer.client.asked
        assert await (await producer.send()) is None
        assert producer.client.asked == asked
        assert producer.lost == ["alerts.desk"] * 4
        assert not producer._message_accumulator._batches

    run(scenario)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "the topic alerts.desk does not exist any more; its records are left out until it exists again")
    ]


def test_a_topic_that_comes_late_is_waited_for() -> None:
    async def scenario() -> None:
        producer = Producer()
        sending = asyncio.ensure_future(producer.send())
        await asyncio.sleep(0.02)
        producer.client.known.add("alerts.desk")
        await sending
        assert producer.lost == []
        assert OWN in producer._message_accumulator._batches

    run(scenario)


def test_a_topic_that_exists_again_is_sent_to(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        producer = Producer()
        assert await (await producer.send()) is None
        monkeypatch.setattr(optional_topics, "monotonic", lambda: 1e12)  # AGAIN_SECONDS later
        producer.client.known.add("alerts.desk")
        await producer.send()
        assert OWN in producer._message_accumulator._batches

    run(scenario)
    assert caplog.messages[-1] == "the topic alerts.desk exists again"


def test_what_is_on_its_way_when_a_topic_goes_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        producer = Producer("alerts.desk", "alerts")
        accumulator, numbers = producer._message_accumulator, producer._txn_manager
        own = [await producer.send() for _ in range(3)]
        retried = accumulator._pop_batch(OWN)  # sent once, refused, and waits for another attempt
        accumulator.reenqueue(retried)
        waiting = asyncio.ensure_future(producer.send())  # for room
        other = await accumulator.add_message(OTHER, None, b"x", 40)
        assert numbers.sequence_number(OWN) == 3

        producer.client.known.discard("alerts.desk")
        producer.client.learn()
        assert await asyncio.wait_for(asyncio.gather(*own), 10) == [None] * 3
        assert await asyncio.wait_for(await asyncio.wait_for(waiting, 10), 10) is None
        assert producer.lost == ["alerts.desk"] * 4
        assert not other.done()
        assert list(accumulator._batches) == [OTHER]
        assert not accumulator._pending_batches
        assert numbers.sequence_number(OWN) == 0  # of a topic that comes back, these are free

    run(scenario)
    assert len(caplog.records) == 1


def test_brokers_that_do_not_answer_are_no_reason() -> None:
    async def scenario() -> None:
        producer = Producer()
        producer.client.answers = False
        await producer.send()
        assert producer.lost == []

    run(scenario)


CLOSED = (
    "this user may not write the topic alerts.desk any more; its records are left out until it may (`newswatch topics "
    "grant worker USER`)"
)


def test_a_topic_that_this_user_may_not_see_any_more_costs_itself(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        producer = Producer("alerts.desk")
        on_its_way = await producer.send()
        producer.client.cluster.unauthorized_topics.add("alerts.desk")
        producer.client.known.clear()
        producer.client.learn()
        assert await asyncio.wait_for(await producer.send(), 10) is None
        assert await asyncio.wait_for(on_its_way, 10) is None
        assert producer.lost == ["alerts.desk"] * 2
        assert producer._txn_manager.sequence_number(OWN) == 0

    run(scenario)
    assert caplog.messages == [CLOSED]


def test_a_topic_that_this_user_may_not_write_any_more_costs_itself(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        producer = Producer("alerts.desk")
        for _ in range(2):
            refused = await producer.send()
            producer._message_accumulator._pop_batch(OWN).failure(TopicAuthorizationFailedError("alerts.desk"))
            assert await refused is None
        assert producer.lost == ["alerts.desk"] * 2
        assert caplog.messages == [CLOSED]
        for offset in (7, 8):
            taken = await producer.send()
            producer._message_accumulator._pop_batch(OWN).done(offset)
            assert (await taken).offset == offset
        assert producer.lost == ["alerts.desk"] * 2

    run(scenario)
    assert caplog.messages == [CLOSED, "records go to the topic alerts.desk again"]


def test_what_aiokafka_refuses_before_it_sends_costs_itself_too() -> None:
    async def scenario() -> None:
        producer = Producer("alerts.desk")

        async def send() -> Any:
            raise TopicAuthorizationFailedError("alerts.desk")

        assert await (await producer.optional.send(producer, "alerts.desk", send)) is None  # type: ignore[arg-type]
        assert producer.lost == ["alerts.desk"]

    run(scenario)


def test_a_refusal_is_passed_on() -> None:
    async def scenario() -> None:
        producer = Producer("alerts.desk")
        sent = await producer.send()
        producer._message_accumulator._pop_batch(OWN).failure(ValueError("no"))
        with pytest.raises(ValueError, match="no"):
            await sent
        assert producer.lost == []

    run(scenario)
