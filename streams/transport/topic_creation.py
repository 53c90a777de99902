"""No client of ours makes the brokers create a topic.

A broker with ``auto.create.topics.enable=true`` (Kafka's default) creates a topic that a client asks about, with one
partition and the broker's defaults, unless the request forbids it. aiokafka (0.14) has no setting for that: a worker
would recreate a deleted ``articles`` within seconds, before its owner does. Pinned by
tests/unit/streams/transport/test_topic_creation.py; kafka-python's clients have a setting (streams/kafka/clients.py).
"""

from __future__ import annotations

import aiokafka.client as aiokafka_client
from aiokafka.protocol.metadata import MetadataRequest


class LookingOnly(MetadataRequest):  # type: ignore[misc]  # aiokafka has no types
    """A request for metadata that creates nothing."""

    def __init__(self, topics: list[str] | None = None, allow_auto_topic_creation: bool = False) -> None:
        super().__init__(topics, allow_auto_topic_creation)


def install() -> None:
    """Make aiokafka's clients use it, in the whole process."""
    aiokafka_client.MetadataRequest = LookingOnly
