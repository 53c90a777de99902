"""What a worker says of its topics when it starts."""

import logging
from pathlib import Path

import msgspec
import pytest

from streams.kafka.topic_check import PartitionsDifferError, TopicsUnsuitableError, apply_command, check_topics
from streams.kafka.topic_states import TopicState
from streams.kafka.topics import topic_specs
from streams.settings import load_settings

SETTINGS = load_settings(brokers="a:1,b:2", app_id="desk", topic_prefix="p.", rules=Path("my rules"))
SPECS = topic_specs(SETTINGS)
STATES = [
    TopicState(spec.name, spec.partitions, 1, {}, "id", {"cleanup.policy": "delete"} | spec.config) for spec in SPECS
]


def with_config(name: str, **config: str) -> list[TopicState]:
    changed = {key.replace("_", "."): value for key, value in config.items()}
    return [
        msgspec.structs.replace(state, in_force=state.in_force | changed) if state.name == name else state
        for state in STATES
    ]


def test_says_nothing_of_topics_as_wanted(caplog: pytest.LogCaptureFixture) -> None:
    check_topics(SETTINGS, SPECS, STATES)
    assert not caplog.records


def test_refuses_with_the_command_that_helps() -> None:
    states = with_config("desk-facts-changelog", cleanup_policy="delete", retention_ms="60000")
    with pytest.raises(TopicsUnsuitableError) as refused:
        check_topics(SETTINGS, SPECS, states)
    assert str(refused.value) == (
        "these topics would lose records or rule state:\n"
        "  desk-facts-changelog: cleanup.policy is delete, expected compact: Kafka would delete rule state after 1 "
        "minute\n"
        "change them with `newswatch topics apply --needed --yes --brokers a:1,b:2 --rules 'my rules' --set "
        "app_id=desk --set topic_prefix=p.` (without --yes it only shows the changes)"
    )
    assert apply_command(load_settings()) == "newswatch topics apply --needed --yes --brokers 127.0.0.1:9092"


def test_logs_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    check_topics(SETTINGS, SPECS, with_config("p.alerts", cleanup_policy="compact"))
    line, remedy = caplog.messages
    assert line == (
        "topic p.alerts: cleanup.policy is compact, expected compact,delete: Kafka keeps alerts for ever, and the topic "
        "grows without bound"
    )
    assert remedy == (
        "`newswatch topics apply --brokers a:1,b:2 --rules 'my rules' --set app_id=desk --set topic_prefix=p.` shows how "
        "to change these topics, and changes them with --yes"
    )
    assert caplog.records[0].levelno == logging.WARNING


def test_says_what_it_cannot_compare(caplog: pytest.LogCaptureFixture) -> None:
    check_topics(SETTINGS, SPECS, [msgspec.structs.replace(state, in_force={}) for state in STATES])
    (line,) = caplog.messages
    assert line.startswith("cannot compare the configuration of p.articles, p.articles.enriched,")
    assert "`newswatch topics grant worker USER`" in line


def test_rule_state_with_other_partitions_than_observations() -> None:
    states = [
        msgspec.structs.replace(state, partitions=3) if state.name == "p.observations" else state for state in STATES
    ]
    with pytest.raises(PartitionsDifferError, match=r"p\.observations has 3 partitions, desk-facts-changelog has 6"):
        check_topics(SETTINGS, SPECS, states)


def test_the_command_has_what_it_needs_and_no_secret() -> None:
    settings = load_settings(
        security_protocol="SASL_PLAINTEXT",
        sasl_username="u",
        sasl_password="secret",
        instance_id="desk-1",
        partitions=3,
    )
    assert apply_command(settings).endswith("--set security_protocol=SASL_PLAINTEXT --set sasl_username=u")
