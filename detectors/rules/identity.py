"""The identity of a rule's state: a digest of its condition, exceptions, group and window.

Rule state in Kafka is found by this digest after restarts and upgrades. So it must not depend on how the code is
written today: the digest uses msgspec's ``tag`` of a class and the encoded name of a field. To rename a class, keep its
tag; to rename a field, keep ``msgspec.field(name=...)``. ``tests/golden/v0_1`` has the ids of release 0.1.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from detectors.conditions.nodes import Has, Says
from detectors.rules.kind import keys_of

if TYPE_CHECKING:
    from detectors.rules.rule import Rule

Memo = dict[object, object]
"""Digests of long lists by object identity. Each entry holds the list itself, so that its identity is not reused."""

LONG = 64


def state_of(rule: Rule, memo: Memo | None = None) -> str:
    """The id of the rule's state: its name and a hash of condition, exceptions, group and window.

    Texts, labels, topic, severity and thresholds are not part of it, so editing them keeps the state.
    """
    specs = keys_of(type(rule.kind))
    values = ((name, spec, getattr(rule.kind, spec.attribute)) for name, spec in sorted(specs.items()))
    own = [(name, value) for name, spec, value in values if spec.identifies(value)]
    said = digest(
        (rule.kind.NAME, rule.kind.waits_for_watermark(), rule.where, rule.exceptions, own),
        memo if memo is not None else {},
    )
    return f"{rule.name}-{sha256(said.encode()).hexdigest()[:12]}"


def digest(value: object, memo: Memo) -> str:
    """A digest that is equal for equal values in every process; a long list is traversed only once.

    Raises:
        TypeError: a class has no stable tag.
    """
    kind = type(value)
    if kind is str:
        return repr(value)
    if kind is tuple or kind is list:
        return f"[{','.join([digest(one, memo) for one in value])}]"  # type: ignore[attr-defined]
    if isinstance(value, Has | Says):  # many rules share one object for equal conditions
        known = memo.get(("digest", id(value)))
        if not isinstance(known, tuple):
            known = memo["digest", id(value)] = (_struct(value, memo), value)
        return str(known[0])
    if isinstance(value, msgspec.Struct):
        return _struct(value, memo)
    if isinstance(value, dict) and len(value) > LONG:
        known = memo.get(("digest", id(value)))
        if not isinstance(known, tuple):
            known = memo["digest", id(value)] = (sha256(_shown(value).encode()).hexdigest(), value)
        return str(known[0])
    if isinstance(value, dict):
        return "{" + ",".join([f"{digest(key, memo)}:{digest(one, memo)}" for key, one in value.items()]) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(digest(one, memo) for one in value)) + "}"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if value is None or kind in {bool, int, float}:
        return repr(value)
    raise TypeError(f"{kind.__name__} has no stable form for the id of a rule's state")


def _struct(value: msgspec.Struct, memo: Memo) -> str:
    fields = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
    said = "".join([f"{name}={digest(getattr(value, attribute), memo)};" for name, attribute in fields])
    return f"{_tag(type(value))}({said})"


def _tag(struct: type[msgspec.Struct]) -> str:
    tag = struct.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(
            f"{struct.__name__} needs a tag, since the id of a rule's state depends on it: class ...(tag='NAME')"
        )
    return tag


def _shown(names: dict[object, object]) -> str:
    """A long list in the ``repr`` format of 0.1: its entries are texts, numbers or phrases."""
    return "{" + ", ".join([f"{_entry(entry)}: {name!r}" for entry, name in names.items()]) + "}"


def _entry(entry: object) -> str:
    if not isinstance(entry, msgspec.Struct):
        return repr(entry)
    fields = zip(entry.__struct_encode_fields__, entry.__struct_fields__, strict=True)
    said = ", ".join([f"{name}={getattr(entry, attribute)!r}" for name, attribute in fields])
    return f"{_tag(type(entry))}({said})"
