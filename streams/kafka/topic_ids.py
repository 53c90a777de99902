"""The id of a topic: Kafka gives a recreated topic another one.

Offsets, commits and progress reports belong to one log. They mean nothing in the next log of the same name.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import NoError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError, for_code

from streams.kafka.clients import admin_client
from streams.settings import Settings


def topic_id(described: dict[str, Any]) -> str:
    """The id in kafka-python's description of a topic, empty if the broker gives none."""
    given = str(described.get("topic_id") or "")
    return given if given.strip("0-") else ""


class TopicIds:
    """Asks the brokers for ids over a connection of its own, which the first request opens; thread-safe.

    Args:
        answer_seconds: timeout of a request.
    """

    def __init__(self, settings: Settings, *, answer_seconds: float = 30.0) -> None:
        self._settings = settings
        self._answer_ms = int(answer_seconds * 1000)
        self._opening = Lock()
        self._admin: KafkaAdminClient | None = None

    def of(self, topics: Collection[str], unseen: Collection[str] = ()) -> dict[str, str]:
        """The ids of those of ``topics`` that exist, as the brokers give them now.

        Args:
            unseen: topics that this user need not be allowed to see: the id is then empty.

        Raises:
            BrokerUnreachableError, KafkaError: no broker answers, or the brokers refuse to describe these topics.
        """
        with self._opening:
            if self._admin is None:
                self._admin = admin_client(self._settings, request_timeout_ms=self._answer_ms)
        found: dict[str, str] = {}
        for topic in self._admin.describe_topics(list(topics)):
            error = for_code(topic["error_code"])
            if error is NoError:
                found[topic["name"]] = topic_id(topic)
            elif error is TopicAuthorizationFailedError and topic["name"] in unseen:
                found[topic["name"]] = ""
            elif error is not UnknownTopicOrPartitionError:
                raise error(topic["name"])
        return found

    def close(self) -> None:
        """Close the connection."""
        with self._opening:
            if self._admin is not None:
                self._admin.close()
                self._admin = None
