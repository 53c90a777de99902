"""Topics as they are on the brokers: partitions, replicas and configuration, with what is a topic's own of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from streams.kafka.clients import admin_client
from streams.kafka.topic_ids import topic_id
from streams.settings import Settings

#: Where a topic's configuration comes from if not from the topic itself.
_OF_THE_BROKER = {"DYNAMIC_DEFAULT_BROKER_CONFIG", "STATIC_BROKER_CONFIG", "DEFAULT_CONFIG"}


class TopicState(msgspec.Struct, frozen=True):
    """A topic as it is on the broker; ``config`` is what differs from the broker's defaults."""

    name: str
    partitions: int
    replication_factor: int
    config: dict[str, str]
    id: str = ""
    """Changes when the topic is recreated; empty if the broker gives none."""
    in_force: dict[str, str] = {}
    """The whole configuration, defaults included; empty if this user may not see it."""


def describe_topics(settings: Settings, names: Sequence[str]) -> tuple[TopicState, ...]:
    """The state of those of ``names`` that exist, with the configuration that differs from the broker's defaults."""
    admin = admin_client(settings)
    try:
        present = sorted(set(admin.list_topics()) & set(names))
        if not present:
            return ()
        configs = _configs_of(admin, present)
        found = [
            TopicState(
                name=topic["name"],
                partitions=len(topic["partitions"]),
                replication_factor=min((len(one["replica_nodes"]) for one in topic["partitions"]), default=0),
                config={key: value for key, (value, own) in configs[topic["name"]].items() if own},
                id=topic_id(topic),
                in_force={key: value for key, (value, _) in configs[topic["name"]].items()},
            )
            for topic in admin.describe_topics(present)
        ]
        return tuple(sorted(found, key=lambda topic: topic.name))
    finally:
        admin.close()


def _configs_of(admin: KafkaAdminClient, names: Sequence[str]) -> Mapping[str, dict[str, tuple[str, bool]]]:
    """The configuration of each topic: values, and whether the topic has them of its own."""
    found: dict[str, dict[str, tuple[str, bool]]] = {name: {} for name in names}
    try:
        described = admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name) for name in names], config_filter="all"
        )
    except KafkaError:  # the embedded broker may not support this request
        return found
    for name, config in (pair for by_name in described.values() for pair in by_name.items()):
        found[name] = {key: (str(data["value"]), _own(data)) for key, data in sorted(config.items())}
    return found


def _own(described: Mapping[str, Any]) -> bool:
    return described["config_source"] not in _OF_THE_BROKER
