"""kafka-python clients made from the settings: for feeding, subscribing and administration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from kafka.serializer import Serializer

from detectors.reading.problems import nearest
from detectors.user_error import UserError
from streams.kafka import closing_words
from streams.kafka.client_log import attempts
from streams.kafka.refusals import cause
from streams.settings import Settings

#: Without an answer for so long, the brokers are taken to be unreachable (milliseconds).
BOOTSTRAP_MS = 10_000
#: Brokers that were away are tried again after so long at most (milliseconds).
RECONNECT_MS = 5_000

closing_words.install()


class NullKey:
    """No key at all, where kafka-python must not look for one."""


NULL = NullKey()


class BrokerUnreachableError(UserError):
    """No broker takes this client; the message names those that were tried, and says why."""

    def __init__(self, settings: Settings, error: Exception | str) -> None:
        brokers = ", ".join(settings.brokers)
        found = cause(str(error), settings)
        closed = settings.security_protocol != "PLAINTEXT"
        hint = "; or they do not take this user, password or certificate" if closed and not found.known else ""
        super().__init__(f"no Kafka broker answers at {brokers} ({settings.security_protocol}): {found.said}{hint}")


class TopicUnreadableError(UserError):
    """A topic that is not there, or that this user may not see; the brokers do not say which."""

    def __init__(self, topic: str, seen: Iterable[str]) -> None:
        super().__init__(f"topic {topic!r} is not there, or this user may not read it{nearest(topic, seen)}")


@contextmanager
def _connecting(settings: Settings) -> Iterator[None]:
    """Connect; where every broker says no for good, not again and again: some count wrong passwords."""
    refused_by: set[str] = set()

    def failed(broker: str, reason: str) -> None:
        if cause(reason, settings).final:
            refused_by.add(broker)
            if len(refused_by) >= len(settings.brokers):
                raise BrokerUnreachableError(settings, reason)

    with attempts(failed) as heard:
        try:
            yield
        except KafkaError as error:
            raise BrokerUnreachableError(settings, heard.reason or error) from None


def connection(settings: Settings) -> dict[str, Any]:
    """The options that every kafka-python client takes: where the brokers are, and how to speak with them."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers,
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": BOOTSTRAP_MS,
        "reconnect_backoff_max_ms": RECONNECT_MS,
    }
    context = settings.ssl_context()
    if context is not None:
        options["ssl_context"] = context
    if settings.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.password(),
        }
    return options


def admin_client(settings: Settings) -> KafkaAdminClient:
    """An administration client.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    with _connecting(settings):
        return KafkaAdminClient(**connection(settings), client_id="newswatch-admin")


class _Keys(Serializer):  # type: ignore[misc]
    """Keys are bytes already; the library takes no record without key and value, so the missing key has a name."""

    def serialize(self, topic: str, headers: object, data: bytes | NullKey | None) -> bytes | None:
        del topic, headers
        return None if isinstance(data, NullKey) else data


def producer(settings: Settings, **options: Any) -> KafkaProducer:
    """An idempotent producer that waits for all replicas; it takes NULL for a key where the value may be missing too.

    ``options`` are kafka-python's.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    with _connecting(settings):
        return KafkaProducer(
            **connection(settings),
            client_id="newswatch-producer",
            acks="all",
            enable_idempotence=True,
            compression_type="gzip",
            linger_ms=5,
            max_request_size=settings.max_request_bytes,
            key_serializer=_Keys(),
            **options,
        )


def consumer(settings: Settings, *topics: str, **options: Any) -> KafkaConsumer:
    """A consumer of ``topics``; ``options`` are kafka-python's.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    with _connecting(settings):
        return KafkaConsumer(*topics, **connection(settings), client_id="newswatch-consumer", **options)


def require_topics(reader: KafkaConsumer, *topics: str) -> None:
    """See that all topics are there to be read; a consumer by itself waits for them without a word.

    Raises:
        TopicUnreadableError: the first that is not.
    """
    seen = reader.topics()
    for topic in topics:
        if topic not in seen:
            raise TopicUnreadableError(topic, seen)
