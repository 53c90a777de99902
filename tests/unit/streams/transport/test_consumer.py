"""What may be committed (faust-streaming #606), and that the producer is idempotent."""

from collections.abc import Iterable

import faust
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faust.types import TP, Message
from faust.types.tuples import ConsumerMessage

from streams.settings import load_settings
from streams.transport.consumer import FETCH_WAIT_MS, Consumer
from streams.worker.app import create_app

#: Commits of ``articles`` wait for a report; this topic commits everything that is settled.
OBSERVATIONS = TP("observations", 0)
ARTICLES = TP("articles", 0)
GENERATION = 3


@pytest.fixture
def app() -> faust.App:
    app = create_app(load_settings(brokers="127.0.0.1:1"))
    app.consumer_generation_id = GENERATION
    app.topics.acks_enabled_for = lambda topic: True  # type: ignore[method-assign]
    return app


@pytest.fixture
def consumer(app: faust.App) -> Consumer:
    consumer = app.consumer
    assert isinstance(consumer, Consumer)
    return consumer


def message(offset: int, generation: int = GENERATION, tp: TP = OBSERVATIONS) -> Message:
    return ConsumerMessage(tp.topic, tp.partition, offset, 0.0, 0, {}, b"", b"", None, tp=tp, generation_id=generation)


def take(consumer: Consumer, offsets: Iterable[int], tp: TP = OBSERVATIONS) -> dict[int, Message]:
    """Messages in an agent's hands: fetched, passed on, not yet settled."""
    taken = {offset: message(offset, tp=tp) for offset in offsets}
    for one in taken.values():
        consumer.taken(one)
    return taken


def test_the_commit_stops_below_the_lowest_message_in_flight(consumer: Consumer) -> None:
    consumer._committed_offset[OBSERVATIONS] = 2585
    taken = take(consumer, range(2585, 2589))
    for offset in (2586, 2587, 2588):
        consumer.settle(taken[offset])
    assert consumer._new_offset(OBSERVATIONS) is None
    consumer.settle(taken[2585])
    assert consumer._new_offset(OBSERVATIONS) == 2589


@pytest.mark.parametrize("committed", [None, 0])
def test_it_holds_before_the_first_commit_too(consumer: Consumer, committed: int | None) -> None:
    consumer._committed_offset[OBSERVATIONS] = committed
    taken = take(consumer, range(3))
    consumer.settle(taken[1])
    consumer.settle(taken[2])
    assert consumer._new_offset(OBSERVATIONS) is None
    consumer.settle(taken[0])
    assert consumer._new_offset(OBSERVATIONS) == 3


def test_a_discarded_and_reread_copy_does_not_block_the_commit(consumer: Consumer) -> None:
    thrown_away = take(consumer, [0, 1])
    taken = take(consumer, range(3))
    consumer.settle(taken[0])
    assert consumer._new_offset(OBSERVATIONS) == 1
    consumer._committed_offset[OBSERVATIONS] = 1
    consumer.settle(taken[1])
    consumer.settle(taken[2])
    assert consumer._new_offset(OBSERVATIONS) == 3
    assert not any(copy.acked for copy in thrown_away.values())


def test_messages_settled_in_order_are_committed(consumer: Consumer) -> None:
    consumer._committed_offset[OBSERVATIONS] = 10
    taken = take(consumer, range(10, 15))
    for offset in (10, 11, 12):
        consumer.settle(taken[offset])
    assert consumer._new_offset(OBSERVATIONS) == 13


def test_fausts_own_acknowledgements_are_ignored(consumer: Consumer) -> None:
    # Faust acknowledges messages that it skips while partitions move, although nobody processed them.
    consumer._committed_offset[OBSERVATIONS] = 10
    taken = take(consumer, [10])
    taken[10].ack(consumer)
    assert not taken[10].acked
    assert consumer._new_offset(OBSERVATIONS) is None


def test_a_message_of_an_older_generation_is_not_settled(consumer: Consumer) -> None:
    consumer._committed_offset[OBSERVATIONS] = 10
    assert not consumer.settle(message(10, generation=GENERATION - 1))
    assert consumer._new_offset(OBSERVATIONS) is None


def test_a_message_settled_while_partitions_moved_stays_settled_when_read_again(consumer: Consumer) -> None:
    # Otherwise its partition would never count as read to the end, and the watermark would wait forever.
    consumer._committed_offset[OBSERVATIONS] = 10
    assert consumer.settle(message(10))
    taken = take(consumer, [10])
    assert consumer.settle(taken[10])
    assert consumer._new_offset(OBSERVATIONS) == 11


def test_a_message_of_an_older_generation_does_not_block_the_commit(consumer: Consumer) -> None:
    consumer._committed_offset[OBSERVATIONS] = 10
    stale = message(10, generation=GENERATION - 1)
    consumer.taken(stale)
    taken = take(consumer, [10, 11])
    consumer.settle(taken[10])
    consumer.settle(taken[11])
    assert consumer._new_offset(OBSERVATIONS) == 12


def settle_articles(consumer: Consumer, offsets: range) -> None:
    consumer._committed_offset[ARTICLES] = offsets.start
    for one in take(consumer, offsets, ARTICLES).values():
        consumer.settle(one)


def test_articles_are_not_committed_before_they_are_reported(consumer: Consumer) -> None:
    settle_articles(consumer, range(10, 15))
    assert consumer._new_offset(ARTICLES) is None
    consumer.release({ARTICLES: 12})
    assert consumer._new_offset(ARTICLES) == 12
    consumer._committed_offset[ARTICLES] = 12
    consumer.release({ARTICLES: 15})
    assert consumer._new_offset(ARTICLES) == 15


def test_a_report_of_an_earlier_generation_releases_nothing(app: faust.App, consumer: Consumer) -> None:
    consumer.release({ARTICLES: 15})
    app.consumer_generation_id = GENERATION + 1
    consumer._committed_offset[ARTICLES] = 10
    taken = message(10, GENERATION + 1, ARTICLES)
    consumer.taken(taken)
    consumer.settle(taken)
    assert consumer._new_offset(ARTICLES) is None


def test_a_release_does_not_pass_offsets_in_flight(consumer: Consumer) -> None:
    consumer._committed_offset[ARTICLES] = 10
    taken = take(consumer, range(10, 15), ARTICLES)
    consumer.release({ARTICLES: 15})
    for offset in (10, 11, 13, 14):
        consumer.settle(taken[offset])
    assert consumer._new_offset(ARTICLES) == 12


def test_offsets_without_records_are_committed_once_they_are_passed_over(consumer: Consumer) -> None:
    settle_articles(consumer, range(3))
    consumer.release({ARTICLES: 6})
    assert consumer._new_offset(ARTICLES) == 3
    consumer.pass_over(ARTICLES, 3, 6)
    assert consumer._new_offset(ARTICLES) == 6


def test_the_fetched_offset_is_valid_until_partitions_move(
    app: faust.App, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetches = [{ARTICLES: [message(10, tp=ARTICLES), message(11, tp=ARTICLES)]}, {OBSERVATIONS: [message(4)]}]

    async def fetch(*_: object) -> dict[TP, list[Message]]:
        return fetches.pop(0)

    monkeypatch.setattr(consumer._thread, "getmany", fetch)
    assert consumer.fetched_to(ARTICLES) == 0
    for _ in range(2):
        app.loop.run_until_complete(consumer._getmany(None, 1.0))
    assert (consumer.fetched_to(ARTICLES), consumer.fetched_to(OBSERVATIONS)) == (12, 5)
    app.consumer_generation_id = GENERATION + 1
    assert consumer.fetched_to(ARTICLES) == 0


def test_a_rejected_commit_does_not_count_when_the_partition_returns(
    app: faust.App, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sought: dict[TP, int] = {}

    async def refuse(_: object) -> bool:
        return False

    async def committed() -> dict[TP, int | None]:
        return {ARTICLES: None, OBSERVATIONS: 7}

    async def earliest(*partitions: TP) -> dict[TP, int]:
        return dict.fromkeys(partitions, 2)

    async def seek(places: dict[TP, int]) -> None:
        sought.update(places)

    replies = {"assignment": lambda: {ARTICLES, OBSERVATIONS}, "commit": refuse, "seek_to_committed": committed}
    for name, reply in {**replies, "earliest_offsets": earliest, "seek_wait": seek}.items():
        monkeypatch.setattr(consumer._thread, name, reply)
    settle_articles(consumer, range(10, 14))
    consumer.release({ARTICLES: 14})
    assert app.loop.run_until_complete(consumer._commit_offsets({ARTICLES: 14})) is False
    assert consumer.committed_offsets()[ARTICLES] == 14  # Faust's defect, while it exists

    app.loop.run_until_complete(consumer.perform_seek())
    assert sought == {ARTICLES: 2}
    assert consumer.committed_offsets() == {OBSERVATIONS: 7}


async def _new_producer(app: faust.App) -> AIOKafkaProducer:
    producer = app.producer._new_producer()
    assert isinstance(producer, AIOKafkaProducer)
    return producer


def test_the_producer_is_idempotent_and_waits_for_all_replicas(app: faust.App) -> None:
    producer = app.loop.run_until_complete(_new_producer(app))
    assert producer._txn_manager is not None  # aiokafka keeps sequence numbers only when idempotence is on
    assert producer._txn_manager.transactional_id is None
    assert producer._sender._acks == -1


def test_a_fetch_does_not_wait_long_and_skips_aborted_records(app: faust.App, consumer: Consumer) -> None:
    async def made() -> AIOKafkaConsumer:
        return consumer._thread._create_worker_consumer(app.transport)

    made_consumer = app.loop.run_until_complete(made())
    assert made_consumer._fetch_max_wait_ms == FETCH_WAIT_MS
    assert made_consumer._isolation_level == "read_committed"
