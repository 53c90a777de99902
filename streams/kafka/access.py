"""ACLs: what each role may do on Kafka, read from ``deploy/kafka/acls.yaml``, applied or printed."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType
from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    SecurityDisabledError,
)

from detectors.reading.problems import Problem, nearest
from detectors.reading.typed import read_yaml_file
from detectors.user_error import UserError
from streams.kafka.clients import admin_client
from streams.kafka.topics import ARTICLES, topic_specs
from streams.settings import Settings
from streams.shipped import shipped

Operation = Literal["READ", "WRITE", "CREATE", "ALTER", "DESCRIBE", "ALTER_CONFIGS", "DESCRIBE_CONFIGS"]
Resource = Literal["topic", "group", "transactional_id"]

_TYPES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional_id": ResourceType.TRANSACTIONAL_ID,
}


logger = logging.getLogger(__name__)

_REFUSALS = {
    ClusterAuthorizationFailedError: "this user may not change ACLs; expected a user with ALTER on the cluster",
    SecurityDisabledError: "no authorizer is configured, so every user may do everything",
}


class AccessError(UserError):
    """An unknown role, or ACLs that the broker rejects; the message says what was expected."""


class Allowance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a role: operations on a topic, a consumer group or a transactional id.

    ``prefixed``: the name is a prefix, and the line applies to every name that begins with it. ``optional``: the role
    does its work without it.
    """

    operations: tuple[Operation, ...]
    topic: str | None = None
    group: str | None = None
    transactional_id: str | None = None
    prefixed: bool = False
    optional: bool = False

    def __post_init__(self) -> None:
        if [self.topic, self.group, self.transactional_id].count(None) != len(_TYPES) - 1:
            raise ValueError("expected one of topic, group and transactional_id")

    @property
    def named(self) -> tuple[Resource, str]:
        """The resource type and the resource's name."""
        if self.topic is not None:
            return "topic", self.topic
        return ("group", self.group) if self.group is not None else ("transactional_id", self.transactional_id or "")


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role's purpose, and the operations it needs."""

    description: str
    allow: tuple[Allowance, ...]


class Grant(msgspec.Struct, frozen=True):
    """One Kafka ACL entry, without the user."""

    resource: Resource
    name: str
    prefixed: bool
    operation: Operation


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    roles: dict[str, Role]


@cache
def roles() -> Mapping[str, Role]:
    """The roles by name, from the installed package, else from the source tree.

    Raises:
        AccessError: the file is missing or invalid.
    """
    place = shipped("kafka/acls.yaml", "deploy/kafka/acls.yaml")
    if place is None:
        raise AccessError("deploy/kafka/acls.yaml is in neither the package nor the source tree: reinstall newswatch")
    return read_roles(place)


def read_roles(file: Path) -> Mapping[str, Role]:
    """The roles of a file. Raises AccessError that lists every problem in it."""
    return read_yaml_file(file, _File, _unusable).roles


def _unusable(problems: Iterable[Problem]) -> AccessError:
    return AccessError("\n".join(map(str, problems)))


def grants(
    settings: Settings, role: str, rule_topics: Iterable[str] = (), *, optional: bool = True
) -> tuple[Grant, ...]:
    """What a role may do in a deployment whose rules name ``rule_topics`` (without the prefix).

    Args:
        optional: whether to include what the role can do without.

    Raises:
        AccessError: the role does not exist.
    """
    if role not in roles():
        raise AccessError(f"no role {role!r}{nearest(role, roles())}; expected one of {', '.join(roles())}")
    named = sorted({settings.topic(topic) for topic in rule_topics})
    every = [spec.name for spec in topic_specs(settings, rule_topics)]
    found: dict[Grant, None] = {}
    for line in roles()[role].allow:
        if line.optional and not optional:
            continue
        kind, pattern = line.named
        names = named if "{rule_topic}" in pattern else every if "{topic}" in pattern else [""]
        for name in names:
            full = pattern.format(
                prefix=settings.topic_prefix,
                articles=settings.topic(ARTICLES),
                app_id=settings.app_id,
                rule_topic=name,
                topic=name,
            )
            for operation in line.operations:
                found[Grant(kind, full, line.prefixed, operation)] = None
    return tuple(found)


def apply(settings: Settings, wanted: Sequence[Grant], user: str) -> None:
    """Create the ACLs on the brokers; existing ACLs stay. Needs ALTER on the cluster.

    Raises:
        AccessError: the brokers reject the ACLs, or have no authorizer.
        BrokerUnreachableError: no broker answers.
    """
    admin = admin_client(settings)
    try:
        done = admin.create_acls([_acl(grant, user) for grant in wanted])
    except KafkaError as error:
        raise AccessError(f"the brokers do not accept ACLs from this user: {error}") from None
    finally:
        admin.close()
    if done["failed"]:
        raise AccessError(
            f"the brokers reject the ACLs: {_REFUSALS.get(done['failed'][0], done['failed'][0].__name__)}"
        )


def require(settings: Settings, role: str, rule_topics: Iterable[str] = ()) -> None:
    """Check that this user has the rights of a role on the existing topics; does nothing without authentication.

    Raises:
        AccessError: rights are missing; the message names all of them.
        BrokerUnreachableError: no broker answers.
    """
    if settings.security_protocol == "PLAINTEXT":
        return
    wanted = [grant for grant in grants(settings, role, rule_topics, optional=False) if not grant.prefixed]
    admin = admin_client(settings)
    try:
        allowed = _allowed_on_topics(admin, {grant.name for grant in wanted if grant.resource == "topic"})
        allowed |= _allowed_on_groups(admin, {grant.name for grant in wanted if grant.resource == "group"})
    finally:
        admin.close()
    lacking = [
        f"{grant.operation} on {grant.resource} {grant.name}"
        for grant in wanted
        if grant.operation not in allowed.get((grant.resource, grant.name), {grant.operation})
    ]
    if lacking:
        remedy = f"grant them with `newswatch topics grant {role} USER`"
        raise AccessError(f"this user lacks rights of the role {role}: {', '.join(lacking)}; {remedy}")


_Allowed = dict[tuple[Resource, str], set[str]]


def _allowed_on_topics(admin: KafkaAdminClient, names: Iterable[str]) -> _Allowed:
    """The operations this user may perform on each topic; omits topics that are missing or not described."""
    described = admin.describe_topics(sorted(names))
    found = ((topic["name"], topic["authorized_operations"]) for topic in described if not topic["error_code"])
    return {("topic", name): set(operations) for name, operations in found if operations}


def _allowed_on_groups(admin: KafkaAdminClient, names: Iterable[str]) -> _Allowed:
    found: _Allowed = {}
    for name in names:
        try:
            admin.describe_groups([name])  # READ on a group implies DESCRIBE
        except GroupAuthorizationFailedError:
            found["group", name] = set()
        except KafkaError as error:
            logger.debug("group %s: %s", name, error)
    return found


def command(settings: Settings, grant: Grant, user: str) -> str:
    """The shell command for Kafka's own tool that creates the same ACL."""
    words = ["kafka-acls.sh", "--bootstrap-server", ",".join(settings.brokers), "--add"]
    words += ["--allow-principal", f"User:{user}", f"--{grant.resource.replace('_', '-')}", grant.name]
    words += ["--resource-pattern-type", "prefixed"] if grant.prefixed else []
    words += ["--operation", "".join(part.capitalize() for part in grant.operation.split("_"))]
    return shlex.join(words)


def _acl(grant: Grant, user: str) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if grant.prefixed else ACLResourcePatternType.LITERAL
    return ACL(
        principal=f"User:{user}",
        host="*",
        operation=ACLOperation[grant.operation],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(_TYPES[grant.resource], grant.name, pattern),
    )
