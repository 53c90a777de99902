"""Programs to compare the worker with; each reads a prefilled log for some seconds.

`spacy`: a plain kafka-python loop with the full spaCy pipeline, entities and keywords as findings, and the same rules.
`aiokafka`: our extraction, matching and detectors on plain aiokafka, with the same sends and compression, without
Faust. Both print one line of JSON: articles, seconds, CPU seconds.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka import KafkaConsumer

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.model.article import EnrichedArticle
from detectors.model.observation import Observation
from streams.evaluation.baseline import naive_pipe
from streams.hot_reload.folder import RulesFolder
from streams.kafka.clients import connection, producer
from streams.pipeline.enrich import Record, make_extractor
from streams.pipeline.pipeline import Outcome, Pipeline
from streams.records.article import decode_article
from streams.records.observation import Origin
from streams.settings import Settings, load_settings
from streams.transport import compression
from streams.transport.sender import Message
from streams.worker.agents.messages import alert_messages, observation_message
from streams.worker.app import BATCH_BYTES

BATCH = 64
WARM_SECONDS = 3.0


class Meter:
    """Counts articles after a warm-up, and reports when the time is over."""

    def __init__(self, seconds: float) -> None:
        self.articles = 0
        self._seconds = seconds
        self._begun = time.monotonic()
        self._started: tuple[float, float] | None = None

    def done(self, articles: int) -> bool:
        now = time.monotonic()
        if self._started is None:
            if now - self._begun >= WARM_SECONDS:
                self._started = (now, time.process_time())
            return False
        self.articles += articles
        self.seconds = now - self._started[0]
        self.cpu = time.process_time() - self._started[1]
        return self.seconds >= self._seconds

    def print(self) -> None:
        print(json.dumps({"articles": self.articles, "seconds": self.seconds, "cpu": self.cpu}))


def plain_spacy(settings: Settings, engine: Engine, meter: Meter) -> None:
    """One loop: poll, extract with the full pipeline, match, send, commit."""
    sender = producer(settings)
    consumer = KafkaConsumer(
        settings.topic("articles"), **connection(settings), group_id="plain", auto_offset_reset="earliest",
        enable_auto_commit=False, max_poll_records=BATCH,
    )  # fmt: skip
    while True:
        records = [record for found in consumer.poll(timeout_ms=500).values() for record in found]
        articles = [decode_article(record.value) for record in records]
        found = naive_pipe((article.key, article.text) for article in articles)
        now = datetime.now(UTC)
        for article, finding in zip(articles, found, strict=True):
            enriched = EnrichedArticle(
                id=article.key, text=article.text, title=article.title or "", received_at=now, event_time=now,
                content_hash=article.content_hash, source=article.source, countries=finding.countries,
                officials=finding.officials, themes=finding.themes,
            )  # fmt: skip
            sender.send(settings.topic("articles.enriched"), value=msgspec.json.encode(enriched))
            for firing in engine.read(enriched).firings:
                for message in alert_messages(settings, firing):
                    sender.send(message.topic, key=message.key, value=message.value, headers=message.headers)
        sender.flush()
        consumer.commit()
        if meter.done(len(articles)):
            return


async def plain_aiokafka(settings: Settings, engine: Engine, meter: Meter) -> None:
    """The worker's two loops, articles and observations, with the same topics and acknowledgements."""
    pipeline = Pipeline(make_extractor(settings), engine, max_record_bytes=settings.max_request_bytes)
    pipeline.warm_up()
    compression.install()
    thread = ThreadPoolExecutor(max_workers=1)
    loop = asyncio.get_running_loop()
    sender = AIOKafkaProducer(
        bootstrap_servers=settings.brokers, acks="all", enable_idempotence=True, linger_ms=2,
        compression_type=compression.CODEC, max_batch_size=BATCH_BYTES,
    )  # fmt: skip
    await sender.start()

    def reader(name: str) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            settings.topic(name), bootstrap_servers=settings.brokers, group_id=f"plain-{name}",
            auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=100,
        )  # fmt: skip

    async def send(messages: Sequence[Message]) -> None:
        pending = [await sender.send(m.topic, m.value, m.key, m.partition, headers=m.headers or None) for m in messages]
        await asyncio.gather(*pending)

    async def deliver(messages: Sequence[Message], consumer: AIOKafkaConsumer) -> None:
        await send(messages)
        await consumer.commit()

    async def read_articles() -> None:
        consumer = reader("articles")
        await consumer.start()
        sending: asyncio.Task[None] | None = None
        while True:
            taken = await consumer.getmany(timeout_ms=500, max_records=BATCH)
            records = [
                Record(value=r.value, key=r.key, topic=r.topic, partition=r.partition, offset=r.offset,
                       timestamp=datetime.fromtimestamp(r.timestamp / 1000, UTC))
                for found in taken.values() for r in found
            ]  # fmt: skip
            outcomes = await loop.run_in_executor(thread, pipeline.process, records)
            messages = [message for outcome in outcomes for message in all_messages(settings, outcome)]
            if sending is not None:
                await sending
            sending = asyncio.create_task(deliver(messages, consumer))
            if meter.done(len(records)):
                await sending
                return

    async def read_observations() -> None:
        consumer = reader("observations")
        await consumer.start()
        states: dict[int, PartitionState] = {}
        decode = msgspec.json.Decoder(Observation).decode
        while True:
            taken = await consumer.getmany(timeout_ms=500, max_records=256)
            messages = []
            for tp, records in taken.items():
                state = states.setdefault(tp.partition, PartitionState(engine, lambda key: True))
                for record in records:
                    step = state.observe(decode(record.value), replay=False)
                    messages += [m for firing in step.firings for m in alert_messages(settings, firing)]
                    puts = [sender.send(f"{settings.app_id}-facts-changelog", value, key.encode(), tp.partition)
                            for key, value in step.puts]  # fmt: skip
                    await asyncio.gather(*[await put for put in puts])
            await send(messages)
            await consumer.commit()

    detecting = asyncio.create_task(read_observations())
    await read_articles()
    detecting.cancel()
    await sender.stop()


def all_messages(settings: Settings, outcome: Outcome) -> Iterator[Message]:
    """The messages that the worker sends for an article."""
    article = outcome.article
    if article is None:
        return
    yield Message(topic=settings.topic("articles.enriched"), key=article.id.encode(), value=outcome.enriched)
    origin = Origin(outcome.record.partition, outcome.record.offset, article.received_at)
    for observation in outcome.observations:
        yield observation_message(settings, observation, origin)
    for firing in outcome.firings:
        yield from alert_messages(settings, firing)


def main() -> None:
    kind, brokers, prefix, app_id, rules, partitions, seconds = sys.argv[1:]
    settings = load_settings(
        brokers=brokers, topic_prefix=prefix, app_id=app_id, rules=Path(rules), partitions=int(partitions)
    )
    engine = Engine(RulesFolder(Path(rules)).load())
    meter = Meter(float(seconds))
    if kind == "spacy":
        plain_spacy(settings, engine, meter)
    else:
        asyncio.run(plain_aiokafka(settings, engine, meter))
    meter.print()


if __name__ == "__main__":
    main()
