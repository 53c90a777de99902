"""A Newswatch on real Kafka: topics and workers of its own, fed and read with kafka-python as any client would."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer

from detectors.timeline.watermark import ProgressReport
from streams.brokers.kafka_cluster import KafkaCluster
from streams.kafka.clients import admin_client
from streams.kafka.topics import changelog_topic, create_topics, topic_specs
from streams.records.observation import decode
from streams.settings import Settings, load_settings
from tests.rigs.scan import scan
from tests.rigs.stream_rig import Worker
from tests.rigs.topics import partitions_of, records


class WorkerProcess(Worker):
    """One `newswatch worker` of a test: a short session, rules looked at often, and event time that no clock moves."""

    def __init__(self, settings: Settings, log: Path, *flags: str) -> None:
        options = {
            "partitions": settings.partitions,
            "session_timeout_seconds": 6.0,
            "heartbeat_seconds": 1.0,
            "advance_when_silent": False,
            "rules_reload_seconds": 0.2,
        }
        super().__init__(settings, log, *(f"{name}={value}" for name, value in options.items()), *flags)

    def shows(self, name: str) -> dict[str, float]:
        """A metric by partition."""
        return {labels["partition"]: value for labels, value in self.status.samples().get(name, ())}

    def owned(self) -> set[int]:
        """The partitions of `articles` that this worker reads."""
        return set(map(int, self.shows("newswatch_consumer_lag_records")))

    def watermarks(self) -> dict[str, datetime]:
        """How far event time has come, by partition of `observations` that this worker owns."""
        found = self.shows("newswatch_watermark_timestamp_seconds")
        return {partition: datetime.fromtimestamp(value, UTC) for partition, value in found.items()}

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


def described(alert: dict[str, Any]) -> str:
    """What an alert is about, for people who read a failure."""
    return f"{alert['rule']} {alert['group']} {alert['starts_at']}"


class Watch:
    """Topics and workers of one test."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.workers: list[WorkerProcess] = []

    def create_topics(self, *rule_topics: str) -> None:
        create_topics(self.settings, topic_specs(self.settings, rule_topics))

    def start(self, *flags: str) -> WorkerProcess:
        worker = WorkerProcess(self.settings, self.folder / f"worker-{len(self.workers)}.log", *flags)
        self.workers.append(worker)
        return worker

    def produce(self, records: Iterable[bytes | dict[str, Any]], partition: int | None = None) -> list[tuple[int, int]]:
        """Send records to `articles` with a plain client; where each of them stands."""
        producer = KafkaProducer(bootstrap_servers=self.settings.brokers, acks="all")
        futures = []
        for record in records:
            value = record if isinstance(record, bytes) else json.dumps(record).encode()
            key = None if isinstance(record, bytes) or partition is not None else str(record.get("id", "")).encode()
            futures.append(producer.send(self.settings.topic("articles"), value=value, key=key, partition=partition))
        producer.flush()
        sent = [future.get(30) for future in futures]
        producer.close()
        return [(metadata.partition, metadata.offset) for metadata in sent]

    def read(self, topic: str) -> list[Any]:
        """Every record that a topic holds now."""
        return list(records(self.settings, topic))

    def changelog(self) -> list[Any]:
        """Every record of the detectors' changelog, in order within each partition."""
        plain = self.settings.model_copy(update={"topic_prefix": ""})  # its name begins with the app's
        return list(records(plain, changelog_topic(self.settings)))

    def alerts(self, topic: str = "alerts") -> list[dict[str, Any]]:
        return [json.loads(record.value) for record in self.read(topic) if record.value is not None]

    def committed(self, topic: str = "articles") -> dict[int, int]:
        """The offsets that the workers' group has committed, by partition."""
        admin = admin_client(self.settings)
        try:
            groups = admin.list_group_offsets({self.settings.app_id: None})
        finally:
            admin.close()
        return {
            tp.partition: stored.offset
            for tp, stored in groups.get(self.settings.app_id, {}).items()
            if tp.topic == self.settings.topic(topic) and stored.offset >= 0
        }

    def ends(self, topic: str = "articles") -> dict[int, int]:
        consumer = KafkaConsumer(bootstrap_servers=self.settings.brokers)
        ends = consumer.end_offsets(partitions_of(consumer, self.settings.topic(topic)))
        consumer.close()
        return {tp.partition: end for tp, end in ends.items() if end}

    def wait_committed(self, seconds: float = 60.0) -> None:
        """Wait until every article and observation that is on the log is processed and committed."""
        _wait_until(lambda: self.committed() == self.ends(), seconds, "articles are not committed", self)
        # Progress reports go on for ever: what was there once the articles were done must be behind.
        target = self.ends("observations")
        _wait_until(
            lambda: all(self.committed("observations").get(p, 0) >= end for p, end in target.items()),
            seconds,
            "observations are not committed",
            self,
        )

    def reports(self) -> list[ProgressReport]:
        """Every progress report on the log, in order of time, once for each partition that it went to."""
        records = sorted(self.read("observations"), key=lambda record: record.timestamp)
        read = (decode(record.value, record.headers) for record in records)
        return [report for report in read if isinstance(report, ProgressReport)]

    def late(self) -> float:
        """Late observations, as the workers that run now have counted."""
        return sum(worker.metric("newswatch_late_observations_total") for worker in self.workers)

    def scanned(self, records: list[dict[str, Any]]) -> dict[str, str]:
        """The alerts of `newswatch scan` over the same articles: rule and group by id."""
        file = self.folder / f"{self.settings.app_id}.jsonl"
        file.write_text("\n".join(map(json.dumps, records)))
        return {alert["id"]: described(alert) for alert in scan(file, "--rules", str(self.settings.rules))}

    def kill(self) -> None:
        """End its workers at once: their topics and their group are never used again."""
        for worker in self.workers:
            worker.kill()

    def stop(self) -> None:
        """End its workers in good order."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                worker.process.terminate()
        for worker in self.workers:
            try:
                worker.process.wait(20)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()


def _wait_until(holds: Callable[[], bool], seconds: float, otherwise: str, watch: Watch | None = None) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            logs = "\n".join(w.log.read_text()[-3000:] for w in watch.workers) if watch else ""
            pytest.fail(f"{otherwise} after {seconds:.0f} s\n{logs}")
        time.sleep(0.2)


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait until something holds, or fail with a message after so many seconds."""
    return _wait_until


@pytest.fixture
def new_watch(kafka: KafkaCluster, prefix: str, tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    """Make a Newswatch with rules as YAML text; its workers are killed at the end of the test."""
    made: list[Watch] = []

    def make(rules: str, *, partitions: int = 1) -> Watch:
        number = len(made)
        folder = tmp_path / f"rules-{number}"
        folder.mkdir()
        (folder / "rules.yaml").write_text(rules)
        settings = load_settings(
            brokers=kafka.bootstrap_servers,
            app_id=f"{prefix}-{number}",
            topic_prefix=f"{prefix}-{number}.",
            rules=folder,
            partitions=partitions,
        )
        watch = Watch(settings, tmp_path)
        made.append(watch)
        return watch

    yield make
    for watch in made:
        watch.kill()


os.environ.setdefault("PYTHONUNBUFFERED", "1")
