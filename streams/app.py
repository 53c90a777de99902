"""The Faust app: its configuration from the settings, nothing else."""

from __future__ import annotations

import ssl

import faust
from faust.types.auth import SASLMechanism

from streams import transport
from streams.settings import Settings, SettingsError
from streams.topics import REASON_BYTES

#: Offsets are committed as often (seconds).
COMMIT_SECONDS = 1.0
#: Largest fetch of one partition (bytes): some of the largest records.
MAX_FETCH_BYTES = 16 * 1024 * 1024


def create_app(settings: Settings) -> faust.App:
    """An app that reads and writes as the design says: from the earliest offset, at least once, idempotently.

    Raises:
        SettingsError: a certificate or password file cannot be read, or the folder for local files not be made.
    """
    folder = settings.data_dir / settings.app_id
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"data_dir: cannot make {folder}: {error.strerror}") from None
    app = faust.App(
        settings.app_id,
        broker=[f"kafka://{broker}" for broker in settings.brokers],
        broker_credentials=_credentials(settings),
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=settings.heartbeat_seconds,
        broker_request_timeout=settings.request_timeout_seconds,
        broker_rebalance_timeout=settings.session_timeout_seconds * 2,
        broker_commit_interval=COMMIT_SECONDS,
        broker_max_poll_interval=max(300.0, settings.session_timeout_seconds * 2),
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        consumer_max_fetch_size=MAX_FETCH_BYTES,
        producer_acks=-1,
        producer_linger_ms=2,
        producer_compression_type="gzip",
        producer_max_request_size=settings.max_request_bytes + REASON_BYTES,
        producer_request_timeout=settings.request_timeout_seconds,
        stream_buffer_maxsize=settings.in_flight_articles,
        stream_recovery_delay=0.0,
        stream_wait_empty=False,
        store="memory://",
        datadir=folder,
        key_serializer="raw",
        value_serializer="raw",
        topic_replication_factor=settings.replication_factor,
        topic_allow_declare=False,  # streams.topics makes them, with partitions and retention as stated
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        autodiscover=False,
        # Offsets of facts that this process wrote are its own; an embedded broker reports too low an end for the check.
        recovery_consistency_check=False,
    )
    transport.install(app, idempotent=settings.idempotence)
    return app


def _credentials(settings: Settings) -> faust.types.auth.CredentialsT | None:
    context: ssl.SSLContext | None = settings.ssl_context()
    if settings.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=settings.password(),
            mechanism=SASLMechanism(settings.sasl_mechanism),
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None
