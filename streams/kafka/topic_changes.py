"""Changes topics into what a deployment needs: creates, configures and expands them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, NoError, for_code

from detectors.user_error import UserError
from streams.kafka.clients import admin_client
from streams.kafka.refusals import said
from streams.kafka.topic_differences import Difference
from streams.kafka.topics import TopicSpec, create_topics
from streams.settings import Settings


class TopicsUnchangedError(UserError):
    """Changes that the brokers refuse; the message lists them. All others are made."""

    def __init__(self, refusals: Sequence[str]) -> None:
        super().__init__("\n".join(("the brokers refuse these changes:", *(f"  {one}" for one in refusals))))


def change_topics(settings: Settings, specs: Sequence[TopicSpec], wanted: Sequence[Difference]) -> None:
    """Make every change that ``newswatch topics apply`` can make; goes on where the brokers refuse one.

    Raises:
        TopicsUnchangedError: the brokers refuse a change.
        TopicsMissingError, TopicNotCreatedError: they refuse to create a topic.
        BrokerUnreachableError: no broker answers.
    """
    missing = {one.topic for one in wanted if one.what == "topic"}
    create_topics(settings, [spec for spec in specs if spec.name in missing])
    changes: dict[str, list[Difference]] = {}
    for one in wanted:
        if not one.remedy and one.topic not in missing:
            changes.setdefault(one.topic, []).append(one)
    refusals: list[str] = []
    admin = admin_client(settings)
    try:
        for topic, found in changes.items():
            sizes = [one for one in found if one.what == "partitions"]
            config = {one.what: one.wanted for one in found if one.what != "partitions"}
            for what, change in (
                *(("partitions", partial(_expand, admin, one)) for one in sizes),
                # All at once: with another cleanup.policy, records older than the present retention.ms would go.
                *([(", ".join(config), partial(_configure, admin, topic, config))] if config else []),
            ):
                try:
                    refused = change()
                except KafkaError as error:
                    refused = said(error)
                if refused:
                    refusals.append(f"{topic}: {what}: {refused}")
    finally:
        admin.close()
    if refusals:
        raise TopicsUnchangedError(refusals)


def _expand(admin: KafkaAdminClient, one: Difference) -> str:
    answer = admin.create_partitions({one.topic: int(one.wanted)}, raise_errors=False)
    (result,) = answer.results
    error = for_code(result.error_code)
    return "" if error is NoError else result.error_message or error.__name__


def _configure(admin: KafkaAdminClient, topic: str, config: dict[str, str]) -> str:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs=dict(config))
    answers = admin.alter_configs([resource], raise_on_unknown=False)
    found = [str(answer) for by_name in answers.values() for answer in by_name.values()]
    return "; ".join(answer for answer in found if answer != "OK")
