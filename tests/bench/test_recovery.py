"""How long a worker takes until it is ready again: 300,000 facts in the changelog, on real Kafka.

The facts are those of a counting rule, with evidence, as the detectors write them. The target: see `MOST_SECONDS`.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from detectors.alert import Evidence, EvidenceSpan
from detectors.engine import Engine
from detectors.observation import Observation
from detectors.ruleset import load_rules
from detectors.seen import Seen, SeenCountry
from detectors.state import PartitionState
from streams.facts import partition_of
from streams.kafka_dev import KafkaCluster
from streams.topics import changelog_topic
from tests.rigs.stream_rig import Stream, Worker, resident_bytes

Report = Callable[[str, list[dict[str, Any]]], None]

FACTS = 300_000
GROUPS = 1_000
RULES = """
rules:
  - name: coverage
    kind: frequency
    where: {theme: armed_conflict}
    group_by: [source]
    window: 7d
    at_least: 100000
"""
START = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaCluster]:
    with KafkaCluster() as cluster:
        yield cluster


def observation(engine: Engine, number: int) -> Observation:
    """One article counts for one outlet: as large as what an article of two matching spans gives."""
    (rule,) = engine.by_state.values()
    outlet = f"outlet-{number % GROUPS}.example"
    article = f"https://{outlet}/2025/03/{number}"
    return Observation(
        rule=rule.name,
        state=rule.state,
        group={"source": outlet},
        time=START + timedelta(seconds=number),
        article_id=article,
        content_hash=f"{number:032x}",
        evidence=Evidence(
            article_id=article,
            url=article,
            title=f"Shelling goes on along the front, report number {number}",
            source=outlet,
            published_at=(START + timedelta(seconds=number)).isoformat(),
            spans=tuple(
                EvidenceSpan("text", start, start + 8, "shelling", what="theme armed_conflict") for start in (0, 120)
            ),
        ),
        seen=Seen(countries=(SeenCountry("UKR", "Ukraine"),), themes=("armed_conflict",)),
    )


async def fill(stream: Stream) -> None:
    """Write the facts to the changelog, as a detector would have."""
    engine = Engine(load_rules(stream.settings.rules))
    state = PartitionState(engine)
    topic, partitions = changelog_topic(stream.settings), stream.settings.partitions
    async with AIOKafkaProducer(
        bootstrap_servers=stream.settings.brokers,
        acks="all",
        compression_type="gzip",
        linger_ms=20,
        max_batch_size=200_000,
    ) as producer:
        for number in range(FACTS):
            seen = observation(engine, number)
            for key, value in state.observe(seen).puts:
                await producer.send(topic, value, key.encode(), partition_of(seen.key, partitions))


def recovered(stream: Stream, *flags: str) -> Worker:
    worker = stream.start(*flags).wait_ready()
    assert worker.metric("newswatch_facts") >= FACTS
    return worker


def test_recovery(kafka: KafkaCluster, tmp_path: Path, report: Report) -> None:
    rows: list[dict[str, Any]] = []
    with Stream(kafka, tmp_path, RULES) as stream:
        asyncio.run(fill(stream))
        for store in ("memory", "rocksdb", "rocksdb"):
            started = time.monotonic()
            worker = stream.start(f"store={store}").wait_ready()
            seconds = time.monotonic() - started
            while not worker.metric("newswatch_facts"):
                time.sleep(0.1)
            assert worker.metric("newswatch_facts") >= FACTS
            rows.append(
                {
                    "store": store,
                    "recovery, s": worker.metric("newswatch_recovery_seconds"),
                    "start to ready, s": seconds,
                    "MB": resident_bytes(worker.pid) / 1e6,
                }
            )
            worker.stop()
    report("recovery", rows)
