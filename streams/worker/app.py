"""The Faust app: its configuration from the settings, nothing else."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import faust
from faust.types.auth import SASLMechanism
from mode.utils.objects import cached_property
from mode.utils.queues import FlowControlEvent

from streams.fact_store.recovery import FactTables
from streams.kafka.topics import ARTICLES
from streams.settings import Settings, SettingsError
from streams.transport import compression, consumer, fetch_spacing, record_batches
from streams.transport.start_offsets import Logs

#: Offsets are committed as often (seconds).
COMMIT_SECONDS = 1.0
#: Largest fetch of one partition (bytes, compressed); one larger batch is fetched still. Faust unpacks at once all that
#: was fetched: 16 MB of small records came to 100,000 objects and 200 MB.
MAX_FETCH_BYTES = 512 * 1024
#: Records of one partition are sent together up to so many bytes. With Faust's 16 kB two articles filled a batch, each
#: batch waited for the acknowledgement of the one before, and the broker spent three times as much CPU on an article.
BATCH_BYTES = 256 * 1024
#: Largest record that is packed and sent: a dead letter is as large, unpacked, as what somebody packed well. Whether
#: its topic takes it is the broker's to say; of our own records none comes near (streams.pipeline.pipeline).
MAX_UNPACKED_BYTES = 2**31 - 1
#: A consumer that fetches nothing for so long leaves its group (seconds): never, because extraction may take as long as
#: it takes. Whether the worker gets on is watched by streams.monitoring.health.
MAX_POLL_SECONDS = 7 * 86_400.0
#: New partitions of a topic are seen after so long at most (seconds).
METADATA_SECONDS = 30.0


class FlowControl(FlowControlEvent):
    """Resumes the flow of messages, and throws away what was fetched before, only where it was suspended.

    Faust (0.15.3) resumes twice after a rebalance. The second time comes after the seek to the committed offsets, and
    what was fetched in between is thrown away and never fetched again: lost, or a commit that waits for it for ever.
    Pinned by tests/unit/streams/worker/test_app.py.
    """

    def resume(self) -> None:
        """Let messages flow."""
        if not self.is_active():
            super().resume()


class App(faust.App):
    """Faust's app, that loses nothing when it resumes, and says when it is asked to stop before it waits."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.on_leaving: list[Callable[[], None]] = []

    @cached_property
    def flow_control(self) -> FlowControl:
        """What lets messages flow to the agents."""
        return FlowControl(loop=self.loop)

    async def on_stop(self) -> None:
        """Tell, then stop."""
        for listener in self.on_leaving:
            listener()
        await super().on_stop()


def create_app(settings: Settings, logs: Logs | None = None) -> App:
    """An app that reads and writes as the design says: from the earliest offset, at least once, idempotently.

    Args:
        logs: the logs that the topics are when the worker starts.

    Raises:
        SettingsError: a certificate or password file cannot be read, or the folder for local files not be made.
    """
    folder = settings.data_dir / settings.app_id
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"data_dir: cannot make {folder}: {error.strerror}") from None
    app = App(
        settings.app_id,
        broker=[f"kafka://{broker}" for broker in settings.brokers],
        broker_credentials=_credentials(settings),
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=settings.heartbeat_seconds,
        broker_request_timeout=settings.request_timeout_seconds,
        broker_rebalance_timeout=settings.session_timeout_seconds * 2,
        broker_commit_interval=COMMIT_SECONDS,
        broker_max_poll_interval=MAX_POLL_SECONDS,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        consumer_metadata_max_age_ms=int(METADATA_SECONDS * 1000),
        consumer_max_fetch_size=MAX_FETCH_BYTES,
        producer_acks=-1,
        producer_linger_ms=2,
        producer_max_batch_size=BATCH_BYTES,
        producer_compression_type=compression.CODEC,
        producer_max_request_size=MAX_UNPACKED_BYTES,
        producer_request_timeout=settings.request_timeout_seconds,
        stream_buffer_maxsize=settings.in_flight_articles,
        stream_recovery_delay=0.0,
        stream_wait_empty=False,
        store="memory://",
        datadir=folder,
        TableManager=FactTables,
        key_serializer="raw",
        value_serializer="raw",
        topic_replication_factor=settings.replication_factor,
        topic_allow_declare=False,  # streams.kafka.topics makes them, with partitions and retention as stated
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        autodiscover=False,
        # Offsets of facts that this process wrote are its own; an embedded broker reports too low an end for the check.
        recovery_consistency_check=False,
    )
    compression.install()
    fetch_spacing.install()
    record_batches.install()
    consumer.install(app, idempotent=settings.idempotence, reported={settings.topic(ARTICLES)}, logs=logs)
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
