"""The static members of the workers' consumer group, as its coordinator lists them."""

from __future__ import annotations

from kafka.errors import KafkaError

from streams.kafka.clients import BrokerUnreachableError, admin_client
from streams.settings import Settings


def instances_of(settings: Settings) -> frozenset[str] | None:
    """The instance ids in the group; a member counts until its session ends. None if the coordinator does not say."""
    try:
        admin = admin_client(settings)
    except BrokerUnreachableError:
        return None
    try:
        (group,) = admin.describe_groups([settings.app_id]).values()
    except (KafkaError, ValueError):
        return None
    finally:
        admin.close()
    if group["error"]:
        return None
    return frozenset(filter(None, (member.get("group_instance_id") for member in group["members"])))
