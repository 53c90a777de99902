"""The topics of the product: what each is for, its partitions and what it keeps; made with kafka-python."""

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
#: How long a deletion stays in a compacted topic at least, for readers that come back; and Kafka's default.
TOMBSTONES = "delete.retention.ms"
TOMBSTONES_MS = DAY_MS
#: A topic's records may be as large as an article of 1 MB whose every character is escaped in JSON.
MAX_RECORD_BYTES = 8 * 1024 * 1024
#: What a dead letter has more than its original: the reason, in headers.
REASON_BYTES = 64 * 1024
#: The broker's clock stamps what workers write. By their own, one that is more than an hour fast would be refused.
STAMPED = {"message.timestamp.type": "LogAppendTime"}


class TopicSpec(msgspec.Struct, frozen=True):
    """A topic as it should be: full name, partitions, configuration, and what for."""

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
    """Another one when the topic is made anew; empty where the broker gives none."""


class TopicsMissingError(UserError):
    """Topics that are needed and not there, or not to be seen by this user; the message says how to make them."""

    def __init__(self, names: Iterable[str], *, refused: bool = False) -> None:
        self.names = tuple(sorted(names))
        who = ", as a user who may: this one is refused" if refused else ""
        unseen = "" if refused else ", or have this user see them with `newswatch topics grant ROLE USER`"
        remedy = f"make them with `newswatch topics create --rules DIR`{who}{unseen}"
        super().__init__(f"missing topics: {', '.join(self.names)}; {remedy}")


class PartitionsDifferError(UserError):
    """``observations`` and the detectors' facts have not as many partitions as each other."""

    def __init__(self, observations: TopicState, changelog: TopicState) -> None:
        found = (f"{topic.name} has {topic.partitions} partitions" for topic in (observations, changelog))
        super().__init__(
            f"{', '.join(found)}; expected as many of each. `{OBSERVATIONS}` is never expanded; to begin anew, delete "
            "both of them, or give the workers a new app_id and a topic_prefix of their own"
        )


def changelog_topic(settings: Settings) -> str:
    """The topic that holds the detectors' facts; the name is Faust's."""
    return f"{settings.app_id}-facts-changelog"


def topic_specs(settings: Settings, rule_topics: Iterable[str] = ()) -> tuple[TopicSpec, ...]:
    """Every topic that a deployment needs, with those that its rules name."""
    large = {"max.message.bytes": str(MAX_RECORD_BYTES)}
    week = {"retention.ms": str(7 * DAY_MS)}
    month = {"retention.ms": str(30 * DAY_MS)}
    quarter = {"retention.ms": str(90 * DAY_MS)}
    forever = {"cleanup.policy": "compact"}

    def spec(name: str, config: dict[str, str], purpose: str, partitions: int | None = None) -> TopicSpec:
        return TopicSpec(settings.topic(name), partitions or settings.partitions, large | STAMPED | config, purpose)

    fixed = (
        TopicSpec(settings.topic(ARTICLES), settings.partitions, large | week, "articles as they come in, JSON"),
        spec(ENRICHED, week, "articles with officials, countries and themes"),
        TopicSpec(
            settings.topic(DEAD),
            settings.partitions,
            STAMPED | month | {"max.message.bytes": str(MAX_RECORD_BYTES + REASON_BYTES)},
            "articles that could not be processed, as they came, with the reason",
        ),
        spec(REPLAYED, quarter, "which dead letters were put back, and where they stand now", 1),
        spec(OBSERVATIONS, week, "what rules with state saw, keyed by rule and group"),
        spec(ALERTS, forever, "every alert, compacted by alert id", 1),
        TopicSpec(
            changelog_topic(settings),
            settings.partitions,
            large | STAMPED | forever | {TOMBSTONES: str(TOMBSTONES_MS)},
            "the detectors' facts",
        ),
    )
    named = (spec(name, month, "alerts of the rules that name it", 1) for name in sorted(set(rule_topics) - {ALERTS}))
    return (*fixed, *named)


def create_topics(settings: Settings, specs: Sequence[TopicSpec]) -> tuple[str, ...]:
    """Make those of ``specs`` that are missing; returns their names.

    Raises:
        TopicsMissingError: one is missing, and this user may not make it.
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
            except TopicAlreadyExistsError:  # another worker was quicker
                continue
            except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError):
                raise TopicsMissingError({spec.name for spec in specs} - present - set(made), refused=True) from None
            made.append(spec.name)
        return tuple(made)
    finally:
        admin.close()


def ensure_topics(settings: Settings, specs: Sequence[TopicSpec], *, create: bool) -> tuple[str, ...]:
    """Make sure that every topic is there; returns those that were made.

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
    except KafkaError:  # a broker for trying out may not answer this
        return {}
    found = {key: str(data["value"]) for by_name in described.values() for key, data in by_name.get(name, {}).items()}
    return dict(sorted(found.items()))
