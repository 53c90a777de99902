"""The messages that the worker sends (alerts, observations, progress reports, dead letters) and the alert counters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from time import monotonic

import msgspec

from detectors.engine.firing import Firing
from detectors.model.observation import Observation
from detectors.timeline.watermark import ProgressReport
from streams.kafka.topics import DEAD, OBSERVATIONS
from streams.monitoring.metrics import Metrics
from streams.records.cloudevents import headers as event_headers
from streams.records.dead_letter import DeadLetter
from streams.records.observation import Origin, encode_observation, observation_headers
from streams.settings import Settings
from streams.transport.compression import pack
from streams.transport.sender import Message


def alert_messages(settings: Settings, firing: Firing) -> Iterator[Message]:
    """Yield one record per topic of the firing: ``alerts`` and the rule's own; the key is the alert's id."""
    alert = firing.alert
    value = msgspec.json.encode(alert)
    headers = event_headers("alert", f"{alert.id}.{alert.revision}", time=alert.updated_at, subject=alert.rule)
    for topic in firing.topics:
        yield Message(topic=settings.topic(topic), key=alert.id.encode(), value=value, headers=headers)


def sent_firings(settings: Settings, firings: Sequence[Firing], refused: Sequence[Message]) -> Sequence[Firing]:
    """Those of the firings of which a topic took the record, or that have no topic; ``refused``: what none took."""
    if not refused:
        return firings
    return [one for one in firings if not one.topics or any(m not in refused for m in alert_messages(settings, one))]


def count_alerts(metrics: Metrics, firings: Iterable[Firing], arrival: datetime | None) -> None:
    """Count each firing once by id and revision, and observe the time since the article's arrival."""
    now = datetime.now(UTC)
    for firing in firings:
        if not metrics.count_alert(firing.alert):
            continue
        if firing.topics:
            metrics.alerts_published.inc()
        if arrival is not None:
            metrics.article_to_alert.observe(max((now - arrival).total_seconds(), 0.0))


def observation_message(settings: Settings, observation: Observation, origin: Origin | None) -> Message:
    """The record of an observation, keyed by rule state and group."""
    return Message(
        topic=settings.topic(OBSERVATIONS),
        key=observation.key.encode(),
        value=encode_observation(observation),
        headers=observation_headers(observation, origin),
    )


def report_messages(settings: Settings, report: ProgressReport, partitions: int) -> Iterator[Message]:
    """Yield a progress report's record once per partition of ``observations``."""
    topic, value = settings.topic(OBSERVATIONS), msgspec.json.encode(report)
    headers = event_headers("progress", f"{settings.app_id}-{monotonic()}", time=datetime.now(UTC))
    for partition in range(partitions):
        yield Message(topic=topic, key=None, value=value, headers=headers, partition=partition)


def dead_letter_message(settings: Settings, letter: DeadLetter) -> Message:
    """The record of a dead letter, without the original's content if that does not fit into a record.

    The broker's limit applies to compressed bytes; the original may be a hundred times as large uncompressed.
    """
    if letter.size > settings.max_request_bytes and _packed(letter) > settings.max_request_bytes:
        letter = letter.without_content()
    return Message(topic=settings.topic(DEAD), key=letter.sent_key, value=letter.value, headers=letter.all_headers())


def _packed(letter: DeadLetter) -> int:
    return letter.size - len(letter.value or b"") + len(pack(letter.value or b""))
