"""The Faust app, configured from the settings."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import faust
from faust.auth import OAuthCredentials
from faust.types.auth import SASLMechanism
from mode.utils.objects import cached_property
from mode.utils.queues import FlowControlEvent

from streams.fact_store.recovery import FactTables
from streams.kafka.topics import ARTICLES
from streams.settings import Settings
from streams.settings.data_folder import make_data_folder
from streams.settings.oauth_tokens import token_source
from streams.transport import (
    compression,
    consumer,
    fetch_spacing,
    group_membership,
    record_batches,
    refused_records,
    topic_creation,
)
from streams.transport.oauth_tokens import AsyncTokens
from streams.transport.optional_topics import OptionalTopics
from streams.transport.start_offsets import Logs

#: Interval between commits of offsets, in seconds.
COMMIT_SECONDS = 1.0
#: Maximum fetch per partition, in compressed bytes; a single larger batch is still fetched. Faust decompresses a whole
#: fetch at once: 16 MB of small records became 100,000 objects and 200 MB.
MAX_FETCH_BYTES = 512 * 1024
#: Maximum bytes per produced batch of one partition. With Faust's 16 kB two articles filled a batch, each batch waited
#: for the acknowledgement of the one before, and the broker spent three times as much CPU on an article.
BATCH_BYTES = 256 * 1024
#: Maximum uncompressed size of a produced record. A dead letter can be huge uncompressed, because its original
#: compressed well; the broker decides whether the topic accepts it. Our other records are far smaller
#: (streams.pipeline.pipeline).
MAX_UNPACKED_BYTES = 2**31 - 1
#: max.poll.interval in seconds: effectively never, because extraction may take any time. streams.monitoring.health
#: checks that the worker makes progress.
MAX_POLL_SECONDS = 7 * 86_400.0
#: Maximum time until new partitions of a topic are noticed, in seconds.
METADATA_SECONDS = 30.0


class FlowControl(FlowControlEvent):
    """Resumes the flow of messages, and discards earlier fetches, only if the flow was suspended.

    Faust (0.15.3) resumes twice after a rebalance. The second resume comes after the seek to the committed offsets and
    discards what was fetched in between. Those records are never fetched again: they are lost, or a commit waits for
    them forever. Pinned by tests/unit/streams/worker/test_app.py.
    """

    def resume(self) -> None:
        """Resume the flow, unless it is already active."""
        if not self.is_active():
            super().resume()


class App(faust.App):
    """A Faust app that loses no records when it resumes, and calls ``on_leaving`` before it waits to stop."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.on_leaving: list[Callable[[], None]] = []

    @cached_property
    def flow_control(self) -> FlowControl:
        """The switch that lets messages flow to the agents."""
        return FlowControl(loop=self.loop)

    async def on_stop(self) -> None:
        """Call the listeners, then stop."""
        for listener in self.on_leaving:
            listener()
        await super().on_stop()


def create_app(settings: Settings, logs: Logs | None = None, optional: OptionalTopics | None = None) -> App:
    """Create an app that reads from the earliest offset, at least once, with an idempotent producer.

    Args:
        logs: the topics' logs when the worker starts.
        optional: the topics that may be gone.

    Raises:
        SettingsError: a certificate or password file cannot be read, or the folder for local files cannot be created.
    """
    folder = make_data_folder(settings.data_dir / settings.app_id)
    app = App(
        settings.app_id,
        broker=[f"kafka://{broker}" for broker in settings.brokers],
        broker_credentials=_credentials(settings),
        broker_client_id=settings.client_id("worker"),
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
        producer_max_batch_size=min(BATCH_BYTES, settings.max_request_bytes),
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
        topic_allow_declare=False,  # streams.kafka.topics creates them, with the configured partitions and retention
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        autodiscover=False,
        # This process knows the offsets of the facts it wrote; the check fails on the embedded broker, which
        # under-reports the end of a partition.
        recovery_consistency_check=False,
    )
    compression.install()
    fetch_spacing.install()
    group_membership.install()
    record_batches.install()
    refused_records.install()
    topic_creation.install()
    consumer.install(
        app,
        idempotent=settings.idempotence,
        reported={settings.topic(ARTICLES)},
        logs=logs,
        optional=optional,
    )
    return app


def _credentials(settings: Settings) -> faust.types.auth.CredentialsT | None:
    context: ssl.SSLContext | None = settings.ssl_context()
    if settings.security_protocol.startswith("SASL") and settings.sasl_mechanism == "OAUTHBEARER":
        return OAuthCredentials(oauth_cb=AsyncTokens(token_source(settings)), ssl_context=context)
    if settings.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=settings.password(),
            mechanism=SASLMechanism(settings.sasl_mechanism),
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None
