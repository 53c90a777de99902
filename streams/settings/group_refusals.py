"""What the coordinator of a consumer group refuses for good: the setting that causes it, and the remedy."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from detectors.user_error import UserError

#: Exit status of a worker that must not be started again as it is (EX_CONFIG of sysexits.h).
CONFIG_STATUS = 78
#: Kafka's error code for a static member that another one has replaced.
FENCED_INSTANCE_ID = 82


class GroupRefusedError(UserError):
    """The group's coordinator refuses this member, and a retry would not help; the message says what to change."""

    exit_status = CONFIG_STATUS


class Membership(msgspec.Struct, frozen=True):
    """A member of a consumer group as it presents itself.

    ``setting``: what gives the group its name (``app_id`` or ``--group``); ``session_seconds``: its session timeout.
    """

    group: str
    setting: str
    session_seconds: float
    instance: str | None = None


class FencedError(GroupRefusedError):
    """Another worker with the same instance id is a member."""

    @classmethod
    def still(cls, member: Membership) -> FencedError:
        """The error of a worker that was fenced before, and does not fence the other one in turn."""
        return cls(
            f"another worker of group {member.group!r} has the same instance_id {member.instance!r}, and fenced this "
            f"one before; it is still a member after {member.session_seconds:g} s (session_timeout_seconds). Give each "
            "worker an instance_id of its own, or none, or stop the other one"
        )


def refused(code: int, member: Membership) -> GroupRefusedError | None:
    """The error for an answer to JoinGroup, SyncGroup or Heartbeat; None if the member may try again.

    Args:
        code: Kafka's error code.
    """
    explain = _FOR_GOOD.get(code)
    if explain is None:
        return None
    kind = FencedError if code == FENCED_INSTANCE_ID else GroupRefusedError
    return kind(explain(member))


def _another_kind(member: Membership) -> str:
    return (
        f"consumer group {member.group!r} ({member.setting}) is in use by programs of another kind, such as a worker "
        f"or `newswatch subscribe --group`; set another {member.setting}, or give the other program another group"
    )


def _fenced(member: Membership) -> str:
    return (
        f"fenced: another worker of group {member.group!r} was started with the same instance_id "
        f"{member.instance!r} and has taken over; give each worker an instance_id of its own, or none"
    )


def _session(member: Membership) -> str:
    return (
        f"the brokers do not allow session_timeout_seconds {member.session_seconds:g}; expected a time from their "
        "group.min.session.timeout.ms (by default 6 s) to group.max.session.timeout.ms (by default 30 min)"
    )


def _full(member: Membership) -> str:
    return (
        f"consumer group {member.group!r} is full; stop a member, or raise group.max.size on the brokers: it limits "
        "the members of a group"
    )


def _name(member: Membership) -> str:
    return f"the brokers do not accept the consumer group {member.group!r}; set another {member.setting}"


def _version(member: Membership) -> str:
    del member
    return "the brokers do not support this client's version of the group protocol; expected Apache Kafka 3.7 or later"


#: A missing right is no part of it: `streams.kafka.refusals` says which.
_FOR_GOOD: dict[int, Callable[[Membership], str]] = {
    23: _another_kind,
    24: _name,
    26: _session,
    35: _version,
    69: _another_kind,  # GROUP_ID_NOT_FOUND: a group of another protocol, such as a share group
    81: _full,
    FENCED_INSTANCE_ID: _fenced,
}
