"""The topics of the product: purpose, partitions and retention of each; created with kafka-python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)

from detectors.user_error import UserError
from streams.kafka.clients import admin_client
from streams.kafka.topic_ids import topic_id
from streams.settings import Settings

ARTICLES = "articles"
ENRICHED = "articles.enriched"
DEAD = "articles.dead"
REPLAYED = "articles.dead.replayed"
OBSERVATIONS = "observations"
ALERTS = "alerts"

DAY_MS = 86_400_000
#: How long a compacted topic keeps tombstones at least, for readers that come back; and Kafka's default.
TOMBSTONES = "delete.retention.ms"
TOMBSTONES_MS = DAY_MS
#: A topic's records may be as large as an article of 1 MB whose every character is escaped in JSON.
MAX_RECORD_BYTES = 8 * 1024 * 1024
#: How much larger than its original a dead letter may be: its headers hold the reason.
REASON_BYTES = 64 * 1024
#: The broker's clock stamps what workers write: it rejects records of a worker whose clock is over an hour fast.
STAMPED = {"message.timestamp.type": "LogAppendTime"}


class TopicSpec(msgspec.Struct, frozen=True):
    """A topic as it should be: full name, partitions, configuration and purpose."""

    name: str
    partitions: int
    config: dict[str, str]
    purpose: str


class TopicState(msgspec.Struct, frozen=True):
    """A topic as it is on the broker."""

    name: str
    partitions: int
    replication_factor: int
    config: dict[str, str]
    id: str = ""
    """Changes when the topic is recreated; empty if the broker gives none."""


class TopicsMissingError(UserError):
    """Required topics that do not exist, or that this user may not see; the message says how to create them."""

    def __init__(self, names: Iterable[str], *, refused: bool = False) -> None:
        self.names = tuple(sorted(names))
        who = " as a user with the right to; this user lacks it" if refused else ""
        unseen = "" if refused else ", or grant this user access with `newswatch topics grant ROLE USER`"
        remedy = f"create them with `newswatch topics create --rules DIR`{who}{unseen}"
        super().__init__(f"missing topics: {', '.join(self.names)}; {remedy}")


class PartitionsDifferError(UserError):
    """``observations`` and the changelog of rule state differ in their number of partitions."""

    def __init__(self, observations: TopicState, changelog: TopicState) -> None:
        found = (f"{topic.name} has {topic.partitions} partitions" for topic in (observations, changelog))
        super().__init__(
            f"{', '.join(found)}; expected equal numbers. `{OBSERVATIONS}` cannot be expanded; to start over, delete "
            "both topics, or give the workers a new app_id and topic_prefix"
        )


def changelog_topic(settings: Settings) -> str:
    """The topic that holds the rule state; the name is Faust's."""
    return f"{settings.app_id}-facts-changelog"


def topic_specs(settings: Settings, rule_topics: Iterable[str] = ()) -> tuple[TopicSpec, ...]:
    """Every topic that a deployment needs, including those that its rules name."""
    large = {"max.message.bytes": str(MAX_RECORD_BYTES)}
    week = {"retention.ms": str(7 * DAY_MS)}
    month = {"retention.ms": str(30 * DAY_MS)}
    quarter = {"retention.ms": str(90 * DAY_MS)}
    forever = {"cleanup.policy": "compact"}

    def spec(name: str, config: dict[str, str], purpose: str, partitions: int | None = None) -> TopicSpec:
        return TopicSpec(settings.topic(name), partitions or settings.partitions, large | STAMPED | config, purpose)

    fixed = (
        TopicSpec(settings.topic(ARTICLES), settings.partitions, large | week, "incoming articles, JSON"),
        spec(ENRICHED, week, "articles with officials, countries and themes"),
        TopicSpec(
            settings.topic(DEAD),
            settings.partitions,
            STAMPED | month | {"max.message.bytes": str(MAX_RECORD_BYTES + REASON_BYTES)},
            "records that could not be processed, unchanged, with the reason",
        ),
        spec(REPLAYED, quarter, "replayed dead letters, with the position of each replayed copy", 1),
        spec(OBSERVATIONS, week, "observations of rules with state, keyed by rule and group"),
        spec(ALERTS, forever, "every alert, compacted by alert id", 1),
        TopicSpec(
            changelog_topic(settings),
            settings.partitions,
            large | STAMPED | forever | {TOMBSTONES: str(TOMBSTONES_MS)},
            "rule state",
        ),
    )
    named = (spec(name, month, "alerts of the rules that name it", 1) for name in sorted(set(rule_topics) - {ALERTS}))
    return (*fixed, *named)


def create_topics(settings: Settings, specs: Sequence[TopicSpec]) -> tuple[str, ...]:
    """Create those of ``specs`` that are missing, and return their names.

    Raises:
        TopicsMissingError: one is missing, and this user may not create it.
        KafkaError: the broker refuses for another reason.
    """
    admin = admin_client(settings)
    try:
        present = set(admin.list_topics())
        made: list[str] = []
        for spec in specs:
            if spec.name in present:
                continue
            wanted = {
                "num_partitions": spec.partitions,
                "replication_factor": settings.replication_factor,
                "configs": spec.config,
            }
            try:
                admin.create_topics({spec.name: wanted}, wait_for_metadata=True)
            except TopicAlreadyExistsError:  # another worker was faster
                continue
            except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError):
                raise TopicsMissingError({spec.name for spec in specs} - present - set(made), refused=True) from None
            made.append(spec.name)
        return tuple(made)
    finally:
        admin.close()


def ensure_topics(settings: Settings, specs: Sequence[TopicSpec], *, create: bool) -> tuple[str, ...]:
    """Check that every topic exists; with ``create``, create the missing ones and return their names.

    Raises:
        TopicsMissingError: one is missing and ``create`` is false.
    """
    if create:
        return create_topics(settings, specs)
    admin = admin_client(settings)
    try:
        missing = {spec.name for spec in specs} - set(admin.list_topics())
    finally:
        admin.close()
    if missing:
        raise TopicsMissingError(missing)
    return ()


def describe_topics(settings: Settings, names: Sequence[str]) -> tuple[TopicState, ...]:
    """The state of those of ``names`` that exist, with the configuration that differs from the broker's defaults."""
    admin = admin_client(settings)
    try:
        present = sorted(set(admin.list_topics()) & set(names))
        if not present:
            return ()
        found = [
            TopicState(
                name=topic["name"],
                partitions=len(topic["partitions"]),
                replication_factor=len(topic["partitions"][0]["replica_nodes"]) if topic["partitions"] else 0,
                config=_config_of(admin, topic["name"]),
                id=topic_id(topic),
            )
            for topic in admin.describe_topics(present)
        ]
        return tuple(sorted(found, key=lambda topic: topic.name))
    finally:
        admin.close()


def _config_of(admin: KafkaAdminClient, name: str) -> dict[str, str]:
    try:
        described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    except KafkaError:  # the embedded broker may not support this request
        return {}
    found = {key: str(data["value"]) for by_name in described.values() for key, data in by_name.get(name, {}).items()}
    return dict(sorted(found.items()))
