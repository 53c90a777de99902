"""kafka-python clients made from the settings: for feeding, subscribing and administration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaConnectionError, KafkaError
from kafka.net.sasl.oauth import AbstractTokenProvider
from kafka.serializer import Serializer

from detectors.reading.problems import nearest
from detectors.user_error import UserError
from streams.kafka import closing_words, header_names, null_headers, refused_records
from streams.kafka.client_log import attempts
from streams.kafka.refusals import cause
from streams.settings import Settings
from streams.settings.oauth_tokens import TokenSource, token_source

#: Timeout after which brokers count as unreachable (milliseconds).
BOOTSTRAP_MS = 10_000
#: Longest pause before a lost broker is tried again (milliseconds).
RECONNECT_MS = 5_000

closing_words.install()
header_names.install()
null_headers.install()


class NullKey:
    """A missing key, in a form that kafka-python accepts."""


NULL = NullKey()


class BrokerUnreachableError(UserError):
    """No broker accepts this client; the message names the brokers that were tried, and the reason.

    ``final``: they refuse it, and a retry would not help.
    """

    def __init__(self, settings: Settings, error: Exception | str) -> None:
        brokers = ", ".join(settings.brokers)
        found = cause(str(error), settings)
        closed = settings.security_protocol != "PLAINTEXT"
        hint = "; or the brokers do not accept this user, password or certificate" if closed and not found.known else ""
        self.final = found.final
        super().__init__(f"no Kafka broker answers at {brokers} ({settings.security_protocol}): {found.said}{hint}")


class TopicUnreadableError(UserError):
    """A topic that does not exist, or that this user may not see; the brokers do not say which."""

    def __init__(self, topic: str, seen: Iterable[str]) -> None:
        super().__init__(f"topic {topic!r} does not exist, or this user may not read it{nearest(topic, seen)}")


@contextmanager
def _connecting(settings: Settings) -> Iterator[None]:
    """Connect; give up once every broker refuses permanently, because some count wrong passwords."""
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


class Tokens(AbstractTokenProvider):  # type: ignore[misc]
    """Gives kafka-python the token of a source; without one, the connection fails and is tried again."""

    def __init__(self, source: TokenSource) -> None:
        super().__init__()
        self._source = source

    def token(self) -> str:
        """A valid token.

        Raises:
            KafkaConnectionError: there is none; the message says why.
        """
        try:
            return self._source.token()
        except UserError as error:
            raise KafkaConnectionError(str(error)) from None


def connection(settings: Settings) -> dict[str, Any]:
    """The options of every kafka-python client: broker addresses and security.

    Raises:
        SettingsError: a file cannot be read.
        TokenError: there is no OAuth token.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers,
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": BOOTSTRAP_MS,
        "reconnect_backoff_max_ms": RECONNECT_MS,
    }
    context = settings.ssl_context()
    if context is not None:
        options["ssl_context"] = context
    if settings.security_protocol.startswith("SASL") and settings.sasl_mechanism == "OAUTHBEARER":
        source = token_source(settings)
        source.token()  # so that a source that gives none is named
        options |= {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": Tokens(source)}
    elif settings.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.password(),
        }
    return options


def admin_client(settings: Settings, **options: Any) -> KafkaAdminClient:
    """An administration client; ``options`` are kafka-python's.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    with _connecting(settings):
        return KafkaAdminClient(**connection(settings), client_id=settings.client_id("admin"), **options)


class _Keys(Serializer):  # type: ignore[misc]
    """Pass keys, which are bytes, through; kafka-python rejects a record without key and value, hence ``NULL``."""

    def serialize(self, topic: str, headers: object, data: bytes | NullKey | None) -> bytes | None:
        del topic, headers
        return None if isinstance(data, NullKey) else data


def producer(settings: Settings, **options: Any) -> KafkaProducer:
    """An idempotent producer that waits for all replicas; pass NULL as the key if the value may be missing too.

    A record that the brokers refuse costs no other one. ``options`` are kafka-python's.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    options = {"max_request_size": settings.max_request_bytes} | options
    with _connecting(settings):
        made = KafkaProducer(
            **connection(settings),
            client_id=settings.client_id("producer"),
            allow_auto_create_topics=False,
            acks="all",
            enable_idempotence=True,
            compression_type="gzip",
            linger_ms=5,
            key_serializer=_Keys(),
            **options,
        )
    refused_records.install(made)
    return made


def consumer(settings: Settings, *topics: str, **options: Any) -> KafkaConsumer:
    """A consumer of ``topics``; ``options`` are kafka-python's.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    with _connecting(settings):
        return KafkaConsumer(
            *topics,
            **connection(settings),
            client_id=settings.client_id("subscriber"),
            allow_auto_create_topics=False,
            **options,
        )


def require_topics(reader: KafkaConsumer, *topics: str) -> None:
    """Check that all topics exist and are readable; a consumer by itself waits for them silently.

    Raises:
        TopicUnreadableError: the first topic that is not readable.
    """
    seen = reader.topics()
    for topic in topics:
        if topic not in seen:
            raise TopicUnreadableError(topic, seen)
