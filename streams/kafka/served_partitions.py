"""Whether the brokers serve everything that a worker reads and writes: leaders, replicas in sync, the group."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import KafkaError

from detectors.user_error import UserError
from streams.kafka.clients import BrokerUnreachableError, admin_client
from streams.settings import Settings

#: How many partitions a message names.
MOST_NAMED = 3
_LEAST = "min.insync.replicas"

Described = Mapping[str, Any]


class PartlyAwayError(UserError):
    """Some brokers answer, and others that this worker needs do not; the message says what is missing."""


def require_served(settings: Settings, read: Collection[str], written: Collection[str], seconds: float) -> None:
    """Ask the leader of every partition, and the coordinator of the group. Topics that do not exist do not count.

    What the brokers refuse for good, such as a missing right, is an answer.

    Args:
        seconds: timeout of each request.

    Raises:
        PartlyAwayError: one is missing, or does not answer.
    """
    try:
        admin = admin_client(settings, request_timeout_ms=int(seconds * 1000))
    except BrokerUnreachableError as error:
        raise PartlyAwayError(str(error)) from None
    try:
        topics: Sequence[Described] = _ask("a broker", lambda: admin.describe_topics(sorted({*read, *written}))) or ()
        topics = [topic for topic in topics if not topic["error_code"]]
        missing = [*_without_leader(topics), *_without_replicas(admin, topics, written)]
        if missing:
            more = f"; and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
            raise PartlyAwayError("; ".join(missing[:MOST_NAMED]) + more)
        every = [TopicPartition(topic["name"], part["partition_index"]) for topic, part in _partitions(topics)]
        latest = dict.fromkeys(every, OffsetSpec.LATEST)
        _ask("a partition's leader", lambda: admin.list_partition_offsets(latest))
        _ask(f"the coordinator of group {settings.app_id}", lambda: admin.describe_groups([settings.app_id]))
    finally:
        admin.close()


def _ask(whom: str, question: Callable[[], Any]) -> Any:
    """The answer; None if it is a refusal."""
    try:
        return question()
    except KafkaError as error:
        if error.retriable:
            raise PartlyAwayError(f"{whom} does not answer ({type(error).__name__})") from None
    return None


def _partitions(topics: Sequence[Described]) -> Iterator[tuple[Described, Described]]:
    return ((topic, part) for topic in topics for part in topic["partitions"])


def _without_leader(topics: Sequence[Described]) -> Iterator[str]:
    for topic, part in _partitions(topics):
        if part["leader_id"] < 0:
            yield f"{topic['name']}, partition {part['partition_index']}, has no leader"


def _without_replicas(admin: KafkaAdminClient, topics: Sequence[Described], written: Collection[str]) -> Iterator[str]:
    """The partitions that take no records, since too few replicas are in sync."""
    some_away = {
        topic["name"]
        for topic, part in _partitions(topics)
        if topic["name"] in written and len(part["isr_nodes"]) < len(part["replica_nodes"])
    }
    if not some_away:
        return
    least = _least(admin, some_away)
    for topic, part in _partitions(topics):
        found, wanted = len(part["isr_nodes"]), min(least.get(topic["name"], 1), len(part["replica_nodes"]))
        if part["leader_id"] >= 0 and found < wanted:
            place = f"{topic['name']}, partition {part['partition_index']}"
            yield f"{place}, takes no records with {found} of {wanted} replicas in sync ({_LEAST})"


def _least(admin: KafkaAdminClient, topics: Collection[str]) -> Mapping[str, int]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(topics)]
    described = _ask("a broker", lambda: admin.describe_configs(resources, config_filter="all")) or {}
    values = {name: config.get(_LEAST) for by_name in described.values() for name, config in by_name.items()}
    return {name: int(value["value"]) for name, value in values.items() if value}
