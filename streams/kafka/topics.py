"""The topics of the product: purpose, partitions and retention of each; created with kafka-python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from kafka import KafkaAdminClient
from kafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidReplicationFactorError,
    KafkaError,
    NoError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from detectors.user_error import UserError
from streams.kafka.clients import admin_client
from streams.kafka.topic_names import require_separate
from streams.settings import INPUT, Settings

ARTICLES = INPUT
ENRICHED = "articles.enriched"
DEAD = "articles.dead"
REPLAYED = "articles.dead.replayed"
OBSERVATIONS = "observations"
ALERTS = "alerts"
POSITIONS = "sources.positions"

DAY_MS = 86_400_000
#: How long a compacted topic keeps tombstones at least, for readers that come back; and Kafka's default.
TOMBSTONES = "delete.retention.ms"
TOMBSTONES_MS = DAY_MS
#: How much larger than its original a dead letter may be: its headers hold the reason.
REASON_BYTES = 64 * 1024
#: The broker's clock stamps every record: what clients write decides neither about the arrival of an article, nor about
#: event time, nor about when retention deletes a record.
STAMPED = {"message.timestamp.type": "LogAppendTime"}


Role = Literal["articles", "enriched", "dead", "replayed", "observations", "alerts", "changelog", "rule", "positions"]


class TopicSpec(msgspec.Struct, frozen=True):
    """A topic as it should be: full name, partitions, configuration and purpose; its role in the deployment."""

    name: str
    partitions: int
    config: dict[str, str]
    purpose: str
    role: Role = "rule"


class TopicsMissingError(UserError):
    """Required topics that do not exist, or that this user may not see; the message says how to create them."""

    def __init__(self, names: Iterable[str], *, refused: bool = False, option: str = "--rules DIR") -> None:
        self.refused = refused
        self.names = tuple(sorted(names))
        who = " as a user with the right to; this user lacks it" if refused else ""
        unseen = "" if refused else ", or grant this user access with `newswatch topics grant ROLE USER`"
        remedy = f"create them with `newswatch topics create {option}`{who}{unseen}"
        super().__init__(f"missing topics: {', '.join(self.names)}; {remedy}")


class TopicNotCreatedError(UserError):
    """The brokers refuse to create a topic; the message has their reason, and the setting to change."""

    def __init__(self, topic: str, replicas: int, error: type[KafkaError], said: str) -> None:
        remedy = ""
        if issubclass(error, InvalidReplicationFactorError):
            remedy = (
                f"; replication_factor is {replicas}: set it to at most the number of brokers, or to -1 for the "
                "brokers' default"
            )
        super().__init__(f"cannot create topic {topic}: {said.rstrip('.') or error.__name__}{remedy}")


def changelog_topic(settings: Settings) -> str:
    """The topic that holds the rule state; the name is Faust's."""
    return f"{settings.app_id}-facts-changelog"


def positions_topic(settings: Settings) -> str:
    """The topic that holds what each source of the collector has brought so far."""
    return settings.topic_prefix + POSITIONS


def collector_specs(settings: Settings) -> tuple[TopicSpec, ...]:
    """The topics that only the collector needs. The number of partitions never changes: they share out the sources."""
    config = {"cleanup.policy": "compact", "max.message.bytes": str(settings.max_request_bytes)}
    purpose = "what each source of the collector has brought so far, compacted by source"
    return (TopicSpec(positions_topic(settings), settings.partitions, config, purpose, "positions"),)


def topic_specs(settings: Settings, rule_topics: Iterable[str] = ()) -> tuple[TopicSpec, ...]:
    """Every topic that a deployment needs, including those that its rules name.

    Raises:
        TopicNameError: two of the topics would be one, or Kafka cannot tell them apart.
    """
    large = {"max.message.bytes": str(settings.max_request_bytes)}
    with_reason = {"max.message.bytes": str(settings.max_request_bytes + REASON_BYTES)}
    compacted = {"cleanup.policy": "compact"}
    # Another deployment's articles, unless this one sets how long they are kept.
    shared = settings.input_topic is not None and "articles_retention_days" not in settings.model_fields_set
    many = settings.partitions

    def spec(role: Role, name: str, partitions: int, config: dict[str, str], purpose: str) -> TopicSpec:
        return TopicSpec(name, partitions, large | STAMPED | config, purpose, role)

    fixed = (
        spec(
            "articles",
            settings.topic(ARTICLES),
            many,
            {} if shared else _kept(settings.articles_retention_days),
            "incoming articles, JSON",
        ),
        spec(
            "enriched",
            settings.topic(ENRICHED),
            many,
            _kept(settings.enriched_retention_days),
            "articles with officials, countries and themes",
        ),
        spec(
            "dead",
            settings.topic(DEAD),
            many,
            _kept(settings.dead_retention_days) | with_reason,
            "records that could not be processed, unchanged, with the reason",
        ),
        spec(
            "replayed",
            settings.topic(REPLAYED),
            1,
            _kept(settings.replayed_retention_days),
            "replayed dead letters, with the position of each replayed copy",
        ),
        spec(
            "observations",
            settings.topic(OBSERVATIONS),
            many,
            _kept(settings.observations_retention_days),
            "observations of rules with state, keyed by rule and group",
        ),
        spec(
            "alerts",
            settings.topic(ALERTS),
            1,
            {"cleanup.policy": "compact,delete"} | _kept(settings.alerts_retention_days),
            "every alert, compacted by alert id",
        ),
        spec("changelog", changelog_topic(settings), many, compacted | {TOMBSTONES: str(TOMBSTONES_MS)}, "rule state"),
    )
    kept = _kept(settings.rule_alerts_retention_days)
    named = tuple(
        spec("rule", settings.topic(name), 1, kept, "alerts of the rules that name it")
        for name in sorted(set(rule_topics) - {ALERTS})
    )
    require_separate([each.name for each in (*fixed, *named)])
    return (*fixed, *named)


def _kept(days: float) -> dict[str, str]:
    return {"retention.ms": str(int(days * DAY_MS)) if days > 0 else "-1"}


def create_topics(settings: Settings, specs: Sequence[TopicSpec]) -> tuple[str, ...]:
    """Create those of ``specs`` that are missing, and return their names.

    Raises:
        TopicsMissingError: one is missing, and this user may not create it.
        TopicNotCreatedError: the broker refuses for another reason.
    """
    admin = admin_client(settings)
    try:
        present = set(admin.list_topics())
        made: list[str] = []
        for spec in specs:
            if spec.name in present:
                continue
            try:
                _create(admin, spec, settings.replication_factor)
            except TopicAlreadyExistsError:  # another worker was faster
                continue
            except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError):
                raise TopicsMissingError({spec.name for spec in specs} - present - set(made), refused=True) from None
            made.append(spec.name)
        return tuple(made)
    finally:
        admin.close()


def _create(admin: KafkaAdminClient, spec: TopicSpec, replicas: int) -> None:
    wanted = {"num_partitions": spec.partitions, "replication_factor": replicas, "configs": spec.config}
    # Errors that kafka-python raises quote the whole request and response.
    for answer in admin.create_topics({spec.name: wanted}, raise_errors=False)["topics"]:
        error = for_code(answer["error_code"])
        if error is NoError:
            admin.wait_for_topics([spec.name])
        elif issubclass(
            error, TopicAlreadyExistsError | TopicAuthorizationFailedError | ClusterAuthorizationFailedError
        ):
            raise error(spec.name)
        else:
            raise TopicNotCreatedError(spec.name, replicas, error, answer.get("error_message") or "")


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
