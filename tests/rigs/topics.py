"""What lies on a topic, read with kafka-python as any client would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from streams.settings import Settings


def partitions_of(consumer: KafkaConsumer, name: str) -> list[TopicPartition]:
    """All partitions of a topic, for a consumer that is no member of a group; none where there is no such topic."""
    return [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]


def records(settings: Settings, topic: str, **options: Any) -> Iterator[Any]:
    """Every record that a topic (without the prefix) holds now, each partition's in order; options of the consumer."""
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
