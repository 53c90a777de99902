"""Records that arrive one by one are fetched together, and one after a pause at once."""

import asyncio
import itertools
import time

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.brokers.kafka_cluster import KafkaCluster
from streams.transport import fetch_spacing
from streams.transport.fetch_spacing import SPACING_SECONDS, SpacedFetcher

RECORDS = 200
GAP_SECONDS = 0.004


@pytest.mark.parametrize("spaced", [True, False])
def test_records_that_arrive_one_by_one_are_fetched_together(
    kafka: KafkaCluster, prefix: str, monkeypatch: pytest.MonkeyPatch, spaced: bool
) -> None:
    answers: list[float] = []
    whole = SpacedFetcher.__base__._proc_fetch_request

    async def answered(fetcher: SpacedFetcher, *request: object) -> bool:
        found = bool(await whole(fetcher, *request))
        if found:
            answers.append(time.monotonic())
        return found

    monkeypatch.setattr(SpacedFetcher.__base__, "_proc_fetch_request", answered)
    monkeypatch.setattr(fetch_spacing, "SPACING_SECONDS", SPACING_SECONDS if spaced else 0.0)
    fetch_spacing.install()
    place = TopicPartition(f"{prefix}records", 0)

    async def scenario() -> tuple[list[int], list[float]]:
        brokers = kafka.bootstrap_servers
        admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
        await admin.start()
        await admin.create_topics([NewTopic(place.topic, 1, 1)])
        while place.topic not in await admin.list_topics():
            await asyncio.sleep(0.1)
        await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all")
        consumer = AIOKafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest", fetch_max_wait_ms=100)
        await producer.start()
        await consumer.start()
        consumer.assign([place])
        read: list[int] = []
        after_a_pause: list[float] = []

        async def reading() -> None:
            while len(read) < RECORDS + 5:
                record = await consumer.getone()
                read.append(int(record.value))
                if read[-1] >= RECORDS:
                    after_a_pause.append(time.monotonic() - sent[-1])

        sent: list[float] = []
        task = asyncio.create_task(reading())
        for number in range(RECORDS + 5):
            await asyncio.sleep(GAP_SECONDS if number < RECORDS else 0.3)
            sent.append(time.monotonic())
            await producer.send_and_wait(place.topic, b"%d" % number)
        await asyncio.wait_for(task, 60)
        await consumer.stop()
        await producer.stop()
        return read, after_a_pause

    read, after_a_pause = asyncio.run(scenario())
    assert read == list(range(RECORDS + 5))
    gaps = [after - before for before, after in itertools.pairwise(answers)]
    if spaced:
        assert min(gaps) >= SPACING_SECONDS * 0.9
        assert min(after_a_pause) < SPACING_SECONDS
    else:
        assert min(gaps) < SPACING_SECONDS * 0.9, "answers are so far apart without spacing too"
