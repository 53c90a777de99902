"""A group's coordinator that refuses for good: it is told once, and the member never joins again."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from streams.transport.group_membership import GroupListener, StaticHeartbeat, WatchedCoordinator


class Heard(GroupListener):
    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def refused(self, error: BaseException) -> None:
        self.errors.append(error)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        del revoked

    async def on_partitions_assigned(self, assigned: Any) -> None:
        del assigned


class Broker:
    """Answers with the error code given for each request's key, and remembers the requests."""

    def __init__(self, codes: dict[int, int]) -> None:
        self.codes = codes
        self.asked: list[Any] = []
        self.cluster = ClusterMetadata()

    async def send(self, node: int, request: Any, *, group: Any) -> Any:
        del node, group
        self.asked.append(request)
        code = self.codes.get(request.API_KEY, 0)
        return SimpleNamespace(error_code=code, member_id="me", API_VERSION=5, topics=[])


def member(broker: Broker, heard: Heard, instance: str | None = "desk") -> WatchedCoordinator:
    subscription = SubscriptionState()
    subscription.subscribe({"articles"}, listener=heard)
    made = WatchedCoordinator(
        broker, subscription, group_id="news", group_instance_id=instance, assignors=(RoundRobinPartitionAssignor,)
    )
    made._coordination_task.cancel()
    made.coordinator_id = 1
    return made


async def joined(coordinator: WatchedCoordinator) -> bool:
    return await coordinator._do_rejoin_group(coordinator._subscription.subscription)


@pytest.fixture
def joins(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """How often the member asked to join."""
    asked: list[None] = []

    async def join(self: Any) -> None:
        asked.append(None)

    monkeypatch.setattr(CoordinatorGroupRebalance, "perform_group_join", join)
    return asked


def test_a_member_that_another_one_replaced_does_not_join_again(joins: list[None]) -> None:
    async def lose() -> None:
        broker, heard = Broker({12: 82}), Heard()
        coordinator = member(broker, heard)
        coordinator.generation, coordinator.member_id = 7, "me"
        coordinator.reset_generation()
        for _ in range(2):
            with pytest.raises(KafkaError, match="fenced"):
                await joined(coordinator)
        (asked,) = broker.asked
        assert isinstance(asked, StaticHeartbeat)
        request = asked.prepare({12: (0, 4)})
        assert (request.API_VERSION, request.RESPONSE_TYPE.API_VERSION) == (3, 3)
        assert request.to_object() == {
            "group": "news",
            "generation_id": 7,
            "member_id": "me",
            "group_instance_id": "desk",
        }
        assert [str(error).split(":")[0] for error in heard.errors] == ["fenced"]

    asyncio.run(lose())
    assert joins == []


def test_a_member_whose_session_expired_joins_again(joins: list[None]) -> None:
    async def expire() -> None:
        heard = Heard()
        for instance, asked in (("desk", 1), (None, 0)):
            broker = Broker({12: 25})
            coordinator = member(broker, heard, instance)
            coordinator.generation, coordinator.member_id = 7, "me"
            coordinator.reset_generation()
            assert not await joined(coordinator)
            assert not await joined(coordinator)
            assert len(broker.asked) == asked
        assert heard.errors == []

    asyncio.run(expire())
    assert len(joins) == 4


@pytest.mark.parametrize("code", [23, 26, 82])
def test_a_fatal_answer_to_a_join_is_told_once(code: int) -> None:
    async def join() -> None:
        broker, heard = Broker({11: code}), Heard()
        coordinator = member(broker, heard)
        with pytest.raises(KafkaError):
            await joined(coordinator)
        with pytest.raises(KafkaError):
            await joined(coordinator)
        assert len(heard.errors) == 1
        assert len(broker.asked) == 1

    asyncio.run(join())


def test_what_aiokafka_gives_up_on_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def push() -> None:
        heard = Heard()
        coordinator = member(Broker({}), heard)
        monkeypatch.setattr(coordinator._subscription, "abort_waiters", lambda error: None)
        waiting = asyncio.ensure_future(coordinator._push_error_to_user(GroupAuthorizationFailedError("news")))
        assert [repr(error) for error in heard.errors] == [repr(GroupAuthorizationFailedError("news"))]
        waiting.cancel()

    asyncio.run(push())
    assert issubclass(WatchedCoordinator, GroupCoordinator)
