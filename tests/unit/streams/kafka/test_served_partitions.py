"""What a worker needs of a cluster that is partly away: leaders, replicas in sync, the group's coordinator."""

from collections.abc import Callable, Collection
from typing import Any

import pytest
from kafka.errors import (
    CoordinatorNotAvailableError,
    KafkaTimeoutError,
    NodeNotReadyError,
    NotLeaderForPartitionError,
    TopicAuthorizationFailedError,
)

from streams.kafka import served_partitions as module
from streams.kafka.clients import BrokerUnreachableError
from streams.kafka.served_partitions import PartlyAwayError, require_served
from streams.settings import Settings

READ, WRITTEN = ["articles"], ["alerts"]


class Admin:
    """A cluster of three replicas; its parts fail as a test says."""

    def __init__(self) -> None:
        self.leaders = [1, 2, 3]
        self.in_sync = [1, 2, 3]
        self.errors: dict[str, Exception] = {}
        self.error_code = 0
        self.asked: list[str] = []

    def _answer(self, what: str, answer: Any) -> Any:
        self.asked.append(what)
        if what in self.errors:
            raise self.errors[what]
        return answer

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        parts = [
            {"partition_index": n, "leader_id": leader, "isr_nodes": self.in_sync, "replica_nodes": [1, 2, 3]}
            for n, leader in enumerate(self.leaders)
        ]
        return [{"name": name, "error_code": self.error_code, "partitions": parts} for name in names]

    def describe_configs(self, resources: Collection[Any], **_: Any) -> Any:
        values = {"min.insync.replicas": {"value": "2"}}
        return self._answer("configs", {"topic": {resource.name: values for resource in resources}})

    def list_partition_offsets(self, wanted: Collection[Any]) -> Any:
        return self._answer("offsets", dict.fromkeys(wanted, 0))

    def describe_groups(self, names: list[str]) -> Any:
        return self._answer("groups", {name: {} for name in names})

    def close(self) -> None:
        self.asked.append("close")


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch) -> Admin:
    made = Admin()
    monkeypatch.setattr(module, "admin_client", lambda *_, **__: made)
    return made


def ask() -> None:
    require_served(Settings(), READ, WRITTEN, 10)


def test_a_whole_cluster_and_refusals_are_answers(admin: Admin) -> None:
    ask()
    assert admin.asked == ["offsets", "groups", "close"]
    admin.errors = dict.fromkeys(("offsets", "groups"), TopicAuthorizationFailedError("alerts"))
    ask()
    admin.error_code, admin.leaders = 3, [-1]  # the topics are gone
    ask()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda admin: setattr(admin, "leaders", [1, -1, 3]),
            "alerts, partition 1, has no leader; articles, partition 1, has no leader",
        ),
        (
            lambda admin: setattr(admin, "leaders", [-1, -1, -1]),
            (
                "alerts, partition 0, has no leader; alerts, partition 1, has no leader; alerts, partition 2, has no "
                "leader; and 3 more"
            ),
        ),
        (
            lambda admin: (setattr(admin, "in_sync", [1]), setattr(admin, "leaders", [1])),
            "alerts, partition 0, takes no records with 1 of 2 replicas in sync (min.insync.replicas)",
        ),
        (
            lambda admin: admin.errors.update(offsets=NotLeaderForPartitionError("articles")),
            "a partition's leader does not answer (NotLeaderForPartitionError)",
        ),
        (
            lambda admin: admin.errors.update(offsets=NodeNotReadyError("2")),
            "a partition's leader does not answer (NodeNotReadyError)",
        ),
        (
            lambda admin: admin.errors.update(groups=CoordinatorNotAvailableError("newswatch")),
            "the coordinator of group newswatch does not answer (CoordinatorNotAvailableError)",
        ),
        (
            lambda admin: admin.errors.update(groups=KafkaTimeoutError("10 s")),
            "the coordinator of group newswatch does not answer (KafkaTimeoutError)",
        ),
    ],
)
def test_what_is_missing_is_named(admin: Admin, change: Callable[[Admin], object], said: str) -> None:
    change(admin)
    with pytest.raises(PartlyAwayError) as found:
        ask()
    assert str(found.value) == said
    assert admin.asked[-1] == "close"


def test_enough_replicas_in_sync_take_records(admin: Admin) -> None:
    admin.in_sync = [1, 2]
    ask()
    assert "configs" in admin.asked


def test_no_connection_at_all_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BrokerUnreachableError(Settings(), "no answer")

    monkeypatch.setattr(module, "admin_client", refuse)
    with pytest.raises(PartlyAwayError, match="no answer"):
        ask()
