"""What ``topics apply`` asks of the brokers."""

from types import SimpleNamespace
from typing import Any

import pytest
from kafka.errors import InvalidPartitionsError

from streams.kafka import topic_changes
from streams.kafka.topic_changes import TopicsUnchangedError, change_topics
from streams.kafka.topic_differences import Difference
from streams.kafka.topics import topic_specs
from streams.settings import load_settings

SETTINGS = load_settings()
SPECS = topic_specs(SETTINGS)


class Admin:
    """Brokers that refuse to change some topics."""

    def __init__(self, *refuses: str) -> None:
        self.refuses = refuses
        self.asked: list[tuple[Any, ...]] = []

    def create_partitions(self, topics: dict[str, int], **_: Any) -> Any:
        ((topic, number),) = topics.items()
        self.asked.append((topic, number))
        refused = topic in self.refuses
        code = InvalidPartitionsError.errno if refused else 0
        return SimpleNamespace(results=[SimpleNamespace(error_code=code, error_message="no" if refused else None)])

    def alter_configs(self, resources: list[Any], **_: Any) -> dict[str, dict[str, str]]:
        (resource,) = resources
        self.asked.append((resource.name, resource.configs))
        return {"topic": {resource.name: "against the policy" if resource.name in self.refuses else "OK"}}

    def close(self) -> None:
        self.asked.append(("closed",))


@pytest.fixture
def brokers(monkeypatch: pytest.MonkeyPatch) -> Admin:
    admin = Admin()
    monkeypatch.setattr(topic_changes, "admin_client", lambda _: admin)
    monkeypatch.setattr(
        topic_changes, "create_topics", lambda _, specs: admin.asked.append(tuple(spec.name for spec in specs))
    )
    return admin


WANTED = [
    Difference("articles.dead", "topic", "missing", "created", ""),
    Difference("articles", "partitions", "1", "6", ""),
    Difference("articles", "retention.ms", "1", "2", ""),
    Difference("alerts", "retention.ms", "1", "2", ""),
    Difference("alerts", "cleanup.policy", "compact", "compact,delete", ""),
    Difference("observations", "partitions", "1", "6", "", remedy="by hand"),
]


def test_all_changes_of_a_configuration_are_one(brokers: Admin) -> None:
    change_topics(SETTINGS, SPECS, WANTED)
    assert brokers.asked == [
        ("articles.dead",),
        ("articles", 6),
        ("articles", {"retention.ms": "2"}),
        ("alerts", {"retention.ms": "2", "cleanup.policy": "compact,delete"}),
        ("closed",),
    ]


def test_what_the_brokers_refuse_is_listed_and_the_rest_is_done(brokers: Admin) -> None:
    brokers.refuses = ("articles",)
    with pytest.raises(TopicsUnchangedError) as refused:
        change_topics(SETTINGS, SPECS, WANTED)
    assert str(refused.value) == (
        "the brokers refuse these changes:\n  articles: partitions: no\n  articles: retention.ms: against the policy"
    )
    assert ("alerts", {"retention.ms": "2", "cleanup.policy": "compact,delete"}) in brokers.asked
