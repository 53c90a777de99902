"""Recovery time of a worker with 300,000 facts in the changelog, on real Kafka.

The facts are those of a counting rule, with evidence, as the detectors write them. Recovery lasts from the assignment
of the partitions until the worker reads observations again; it excludes loading the language model and joining.
"""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.loading.ruleset import load_rules
from detectors.model.alert import Evidence, EvidenceSpan
from detectors.model.observation import Observation
from detectors.model.sightings import Seen, SeenCountry
from streams.fact_store.table import partition_of
from streams.kafka.topics import changelog_topic
from tests.rigs.measurements import resident_bytes
from tests.rigs.stream import Stream

Report = Callable[[str, list[dict[str, Any]]], None]

FACTS = 300_000
GROUPS = 1_000
#: The target: time from the assignment of partitions until the worker reads observations again.
MOST_SECONDS = 15.0
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


def observation(engine: Engine, number: int) -> Observation:
    """One article counted for one outlet, of the size that an article with two matching spans gives."""
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
    """Write the facts to the changelog as a detector would."""
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


def test_recovery(new_stream: Callable[[str], Stream], report: Report) -> None:
    rows: list[dict[str, Any]] = []
    with new_stream(RULES) as stream:
        asyncio.run(fill(stream))
        for store, what in (
            ("memory", "all of the changelog"),
            ("rocksdb", "all of the changelog"),
            ("rocksdb", "what the local copy lacks"),
        ):
            worker = stream.start(store=store).wait_ready()
            while not worker.metric("newswatch_facts"):  # appears with the first report
                time.sleep(0.1)
            ((facts, read),) = re.findall(r"(\d+) facts, (\d+) changelog records", worker.log.read_text())
            assert int(facts) == FACTS
            rows.append(
                {
                    "store": store,
                    "reads": what,
                    "records read": int(read),
                    "seconds": worker.metric("newswatch_recovery_seconds"),
                    "memory, MB": resident_bytes(worker.pid) / 1e6,
                }
            )
            worker.stop()
    report("recovery", rows)
    assert rows[0]["records read"] >= FACTS > 1000 > rows[2]["records read"]
    assert all(row["seconds"] < MOST_SECONDS for row in rows)
