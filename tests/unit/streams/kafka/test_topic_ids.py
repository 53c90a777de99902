"""Ids of topics, from brokers that give them and brokers that do not."""

from typing import Any
from uuid import UUID

import pytest
from kafka.errors import TopicAuthorizationFailedError

from streams.kafka import topic_ids as module
from streams.kafka.topic_ids import TopicIds, topic_id
from streams.settings import Settings

ID = "1044f184-da8a-41d0-b9f0-87f6d96c89e0"


class Admin:
    """Brokers with these topics: name to error code and id."""

    def __init__(self, topics: dict[str, tuple[int, Any]]) -> None:
        self.topics = topics
        self.closed = False

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        found = {name: self.topics.get(name, (3, None)) for name in names}
        return [{"name": name, "error_code": error, "topic_id": id_} for name, (error, id_) in found.items()]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def admins(monkeypatch: pytest.MonkeyPatch) -> list[Admin]:
    opened: list[Admin] = []

    def opening(settings: Settings, **_: Any) -> Admin:
        opened.append(Admin({"articles": (0, ID), "old": (0, UUID(int=0)), "hidden": (29, None)}))
        return opened[-1]

    monkeypatch.setattr(module, "admin_client", opening)
    return opened


@pytest.mark.parametrize(
    ("given", "expected"), [(ID, ID), (UUID(ID), ID), (UUID(int=0), ""), (str(UUID(int=0)), ""), (None, ""), ("", "")]
)
def test_an_id_is_a_string_and_empty_if_the_broker_gives_none(given: object, expected: str) -> None:
    assert topic_id({"topic_id": given}) == expected
    assert topic_id({}) == ""


def test_topics_that_do_not_exist_are_left_out(admins: list[Admin]) -> None:
    assert TopicIds(Settings()).of(["articles", "old", "gone"]) == {"articles": ID, "old": ""}


def test_a_refusal_is_an_error(admins: list[Admin]) -> None:
    with pytest.raises(TopicAuthorizationFailedError, match="hidden"):
        TopicIds(Settings()).of(["articles", "hidden"])
    assert TopicIds(Settings()).of(["articles", "hidden"], ["hidden", "gone"]) == {"articles": ID, "hidden": ""}


def test_the_first_request_opens_the_only_connection(admins: list[Admin]) -> None:
    ids = TopicIds(Settings())
    ids.close()
    assert admins == []
    for _ in range(2):
        ids.of(["articles"])
    ids.close()
    assert [admin.closed for admin in admins] == [True]
