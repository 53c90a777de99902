"""Membership of the worker's consumer group: what its coordinator refuses for good is told at once.

aiokafka (0.14) keeps such an answer to itself until somebody reads from the consumer, which Faust does not do: the
worker would stand still. It also does not know FENCED_INSTANCE_ID (KIP-345): of two workers with one instance id each
would take the other's place, again and again, because a member that was replaced is only told that it is unknown. Here
it asks, before it joins again, whether another one has its instance id, and then never joins again.
"""

from __future__ import annotations

from typing import Any

import aiokafka.consumer.consumer as aiokafka_consumer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct
from aiokafka.protocol.group import HeartbeatResponse_v1
from aiokafka.protocol.types import Int32, Schema, String

from streams.settings.group_refusals import Membership, refused

#: The requests JoinGroup, Heartbeat and SyncGroup.
MEMBERSHIP = (11, 12, 14)


class _Response(HeartbeatResponse_v1):  # type: ignore[misc]
    API_VERSION = 3


class _Struct(RequestStruct):  # type: ignore[misc]
    API_KEY = 12
    API_VERSION = 3
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("generation_id", Int32),
        ("member_id", String("utf-8")),
        ("group_instance_id", String("utf-8")),
    )


class StaticHeartbeat(Request[_Struct]):  # type: ignore[misc]
    """Heartbeat, version 3: with the instance id, so that the answer says whether the member was replaced."""

    API_KEY = 12

    def __init__(self, group: str, generation: int, member_id: str, instance: str) -> None:
        self._fields = (group, generation, member_id, instance)

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        """The request as it is sent."""
        return request_struct_class(*self._fields)


class GroupListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """A rebalance listener that also hears of refusals."""

    def refused(self, error: BaseException) -> None:
        """Called on the consumer's thread when the coordinator refuses this member for good; may be called again."""
        raise NotImplementedError


class WatchedCoordinator(GroupCoordinator):  # type: ignore[misc]
    """aiokafka's coordinator of a group, which tells its :class:`GroupListener` what it cannot recover from."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # The base class starts to join in its constructor.
        self._replaced: tuple[int, str] | None = None
        self._refusal: BaseException | None = None
        super().__init__(*arguments, **options)

    def reset_generation(self) -> None:
        """Forget the membership that the broker no longer knows; with an instance id, remember to ask why."""
        if self.generation > 0 and self.member_id and self._group_instance_id is not None:
            self._replaced = (self.generation, self.member_id)
        super().reset_generation()

    async def _do_rejoin_group(self, subscription: Any) -> bool:
        if self._replaced is not None:
            await self._send_req(StaticHeartbeat(self.group_id, *self._replaced, self._group_instance_id))
            self._replaced = None
        if self._refusal is not None:  # to join again would fence the other
            raise KafkaError(str(self._refusal))
        joined: bool = await super()._do_rejoin_group(subscription)
        return joined

    async def _send_req(self, request: Any) -> Any:
        response = await super()._send_req(request)
        if request.API_KEY in MEMBERSHIP:
            member = Membership(self.group_id, "app_id", self._session_timeout_ms / 1000, self._group_instance_id)
            error = refused(response.error_code, member)
            if error is not None:
                self._tell(error)
        return response

    def _push_error_to_user(self, exc: KafkaError) -> Any:
        self._tell(exc)
        return super()._push_error_to_user(exc)

    def _tell(self, error: BaseException) -> None:
        listener = self._subscription.listener
        if self._refusal is None and isinstance(listener, GroupListener):
            self._refusal = error
            listener.refused(error)


def install() -> None:
    """Patch aiokafka, which has no setting for this: consumers started from now on use this coordinator."""
    aiokafka_consumer.GroupCoordinator = WatchedCoordinator
