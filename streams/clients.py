"""kafka-python clients made from the settings: for feeding, subscribing and administration."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from kafka.serializer import Serializer

from detectors.problems import nearest
from streams.settings import Settings

#: Without an answer for so long, the brokers are taken to be unreachable (milliseconds).
BOOTSTRAP_MS = 10_000


class NullKey:
    """No key at all, where kafka-python must not look for one."""


NULL = NullKey()


class BrokerUnreachableError(ConnectionError):
    """No broker answered; the message names those that were tried."""

    def __init__(self, settings: Settings, error: Exception | str) -> None:
        brokers = ", ".join(settings.brokers)
        closed = settings.security_protocol != "PLAINTEXT"
        hint = "; or they do not take this user, password or certificate" if closed else ""
        super().__init__(f"no Kafka broker answers at {brokers} ({settings.security_protocol}): {error}{hint}")


class TopicUnreadableError(LookupError):
    """A topic that is not there, or that this user may not see; the brokers do not say which."""

    def __init__(self, topic: str, seen: Iterable[str]) -> None:
        super().__init__(f"topic {topic!r} is not there, or this user may not read it{nearest(topic, seen)}")


_FAILED = re.compile(r"Bootstrap connection to \S+ failed: (.*?)(?: \(backoff .*)?$")
_CLASS = re.compile(r"^(?:\[Error \d+\] )?(?:\w+Error: )*")
_ERRNO = re.compile(r"^(\d+) E[A-Z]+$")
#: Said too where the broker closes a connection for a reason that it told before.
_BARE = "socket disconnected"


class _Heard(logging.Handler):
    """Keeps what kafka-python says of connections that fail."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.reason: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        failed = _FAILED.match(record.getMessage())
        if failed is not None:
            reason = _CLASS.sub("", failed[1])
            number = _ERRNO.match(reason)
            if reason != _BARE:
                self.reason = os.strerror(int(number[1])) if number else reason


def _says_something(record: logging.LogRecord) -> bool:
    """Whether a line of kafka-python's log is of use to the user of a command.

    A client that is closed while it asks for metadata says so as an error, and nobody misses the answer; a machine that
    is busy for a tenth of a second is told as a blocked event loop.
    """
    said = record.getMessage()
    return not (said.startswith("Metadata refresh: failed Cancelled") or "blocking the event loop" in said)


for _name in ("kafka.cluster", "kafka.net.selector"):
    logging.getLogger(_name).addFilter(_says_something)


@contextmanager
def _connecting(settings: Settings) -> Iterator[None]:
    """Connect: kafka-python tries again and again, and logs four lines each time, of which the reason is kept."""
    log, heard = logging.getLogger("kafka.net"), _Heard()
    log.addHandler(heard)
    log.propagate = log.isEnabledFor(logging.INFO)
    try:
        yield
    except KafkaError as error:
        raise BrokerUnreachableError(settings, heard.reason or error) from None
    finally:
        log.removeHandler(heard)
        log.propagate = True


def connection(settings: Settings) -> dict[str, Any]:
    """The options that every kafka-python client takes: where the brokers are, and how to speak with them."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers,
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": BOOTSTRAP_MS,
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
