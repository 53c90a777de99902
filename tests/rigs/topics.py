"""Topics of a test: their content and committed offsets, read with kafka-python like any client."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from detectors.timeline.watermark import ProgressReport
from streams.kafka.clients import admin_client
from streams.kafka.topics import changelog_topic, create_topics, topic_specs
from streams.records.observation import decode
from streams.settings import Settings, load_settings
from tests.rigs.scan import scan
from tests.rigs.waiting import wait_until


def partitions_of(consumer: KafkaConsumer, name: str) -> list[TopicPartition]:
    """All partitions of a topic, for a consumer without a group; none if the topic does not exist."""
    return [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]


def records(settings: Settings, topic: str, **options: Any) -> Iterator[Any]:
    """Every record that a topic (named without the prefix) holds now, in order per partition; takes consumer options."""
    consumer = KafkaConsumer(bootstrap_servers=settings.brokers, enable_auto_commit=False, **options)
    try:
        partitions = partitions_of(consumer, settings.topic(topic))
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for found in consumer.poll(timeout_ms=500).values():
                yield from found
    finally:
        consumer.close()


def committed_offsets(admin: KafkaAdminClient, settings: Settings, topic: str) -> dict[int, int]:
    """The offsets that the workers' group has committed on a topic, by partition that is not empty."""
    name = settings.topic(topic)
    stored = admin.list_group_offsets({settings.app_id: None}).get(settings.app_id, {})
    return {place.partition: one.offset for place, one in stored.items() if place.topic == name and one.offset > 0}


def delete_topics(settings: Settings, *names: str) -> None:
    """Delete topics, named in full, and wait until the brokers do not know them: their answer comes before that."""
    admin = admin_client(settings)
    try:
        admin.delete_topics(list(names))
        wait_until(lambda: not {*names} & {*admin.list_topics()}, 60, f"{', '.join(names)} is still there", every=0.1)
    finally:
        admin.close()


def described(alert: dict[str, Any]) -> str:
    """An alert in short, for failure messages."""
    return f"{alert['rule']} {alert['group']} {alert['starts_at']}"


class Topics:
    """The topics of one test, and the rules and settings of its workers and commands.

    Args:
        brokers: bootstrap servers.
        name: the workers' group, and the beginning of the topics' names; no other test uses it.
        folder: for the rules; a worker's log and data go there as well.
        rules: rules as YAML text.
        settings: what else the deployment chooses.
    """

    def __init__(self, brokers: str, name: str, folder: Path, rules: str, **settings: Any) -> None:
        self.folder = folder
        self.rules = folder / "rules"
        self.rules.mkdir(parents=True)
        (self.rules / "rules.yaml").write_text(rules)
        self.settings = load_settings(
            brokers=brokers, app_id=name, topic_prefix=f"{name}.", rules=self.rules, **settings
        )

    def create_topics(self, *rule_topics: str) -> Self:
        """Create the topics, including the given topics of rules; returns itself, for chaining."""
        create_topics(self.settings, topic_specs(self.settings, rule_topics))
        return self

    def let_producers_stamp(self) -> None:
        """Let producers stamp the articles, as in a topic that was made without `newswatch topics create`."""
        admin = admin_client(self.settings)
        try:
            topic = ConfigResource(
                ConfigResourceType.TOPIC, self.settings.topic("articles"), {"message.timestamp.type": "CreateTime"}
            )
            admin.alter_configs([topic])
        finally:
            admin.close()

    def produce(
        self, articles: Iterable[bytes | dict[str, Any]], partition: int | None = None
    ) -> list[tuple[int, int]]:
        """Send a few articles with a plain client; returns partition and offset of each."""
        producer = KafkaProducer(bootstrap_servers=self.settings.brokers, acks="all")
        futures = []
        for article in articles:
            value = article if isinstance(article, bytes) else json.dumps(article).encode()
            key = None if isinstance(article, bytes) or partition is not None else str(article.get("id", "")).encode()
            futures.append(producer.send(self.settings.topic("articles"), value=value, key=key, partition=partition))
        producer.flush()
        sent = [future.get(30) for future in futures]
        producer.close()
        return [(metadata.partition, metadata.offset) for metadata in sent]

    def fill(self, articles: Iterable[bytes]) -> int:
        """Send any number of articles, spread evenly over the partitions, in order; returns their number."""
        producer = KafkaProducer(bootstrap_servers=self.settings.brokers, acks="all", linger_ms=20, batch_size=262_144)
        topic, count = self.settings.topic("articles"), 0
        for count, article in enumerate(articles, start=1):
            producer.send(topic, value=article, partition=count % self.settings.partitions)
        producer.flush()
        producer.close()
        return count

    def read(self, topic: str) -> list[Any]:
        """All records that a topic holds now."""
        return list(records(self.settings, topic))

    def changelog(self) -> list[Any]:
        """Every record of the rule state's changelog, in order within each partition."""
        plain = self.settings.model_copy(update={"topic_prefix": ""})  # its name begins with the app's
        return list(records(plain, changelog_topic(self.settings)))

    def alerts(self, topic: str = "alerts") -> list[dict[str, Any]]:
        """Every alert on a topic, as it lies there."""
        return [json.loads(record.value) for record in self.read(topic) if record.value is not None]

    def reports(self) -> list[ProgressReport]:
        """Every progress report on the log, in order of time, once per partition that it was sent to."""
        records = sorted(self.read("observations"), key=lambda record: record.timestamp)
        read = (decode(record.value, record.headers) for record in records)
        return [report for report in read if isinstance(report, ProgressReport)]

    def scanned(self, articles: Iterable[dict[str, Any]]) -> dict[str, str]:
        """The alerts of `newswatch scan` over the same articles: what each is about, by id."""
        file = self.folder / "articles.jsonl"
        file.write_text("\n".join(map(json.dumps, articles)))
        return {alert["id"]: described(alert) for alert in scan(file, "--rules", str(self.settings.rules))}

    def committed(self, topic: str = "articles") -> dict[int, int]:
        """The offsets that the workers' group has committed, by partition."""
        admin = admin_client(self.settings)
        try:
            return committed_offsets(admin, self.settings, topic)
        finally:
            admin.close()

    def members(self) -> list[dict[str, Any]]:
        """The members of the workers' group as the broker describes them."""
        admin = admin_client(self.settings)
        try:
            groups = admin.describe_groups([self.settings.app_id])
        finally:
            admin.close()
        return [member for group in groups.values() for member in group["members"]]

    def ends(self, topic: str = "articles") -> dict[int, int]:
        """Where a topic ends now, by partition that holds a record."""
        consumer = KafkaConsumer(bootstrap_servers=self.settings.brokers)
        try:
            found = consumer.end_offsets(partitions_of(consumer, self.settings.topic(topic)))
        finally:
            consumer.close()
        return {place.partition: end for place, end in found.items() if end}
