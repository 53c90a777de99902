"""The identity that a rule's state hangs on: a digest of its condition, exceptions, group and window.

State that is kept in Kafka is found again by this digest, over restarts and upgrades. So nothing of it may follow from
how the code is written today: a class stands in it by its ``tag`` and a field by its encoded name, both msgspec's.
Rename a class and keep its tag; rename a field and keep ``msgspec.field(name=...)``. The ids that release 0.1 gave are
in ``tests/golden/v0_1``.
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
"""Digests of long lists by their identity, with the list itself, so that the identity stays its own."""

LONG = 64


def state_of(rule: Rule, memo: Memo | None = None) -> str:
    """What the rule's state belongs to: its name and a hash of condition, exceptions, group and window.

    Texts, labels, topic, severity and thresholds are left out, so that editing them keeps the state.
    """
    specs = keys_of(type(rule.kind))
    own = [(name, getattr(rule.kind, spec.attribute)) for name, spec in sorted(specs.items()) if not spec.key.harmless]
    said = digest(
        (rule.kind.NAME, rule.kind.waits_for_watermark(), rule.where, rule.exceptions, own),
        memo if memo is not None else {},
    )
    return f"{rule.name}-{sha256(said.encode()).hexdigest()[:12]}"


def digest(value: object, memo: Memo) -> str:
    """A digest that is the same for the same value, in whatever process; a long list is gone through once.

    Raises:
        TypeError: a class that has no stable tag.
    """
    kind = type(value)
    if kind is str:
        return repr(value)
    if kind is tuple or kind is list:
        return f"[{','.join([digest(one, memo) for one in value])}]"  # type: ignore[attr-defined]
    if isinstance(value, Has | Says):  # equal ones of many rules are one object
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
    raise TypeError(f"{kind.__name__} has no stable form that a rule's state could hang on")


def _struct(value: msgspec.Struct, memo: Memo) -> str:
    fields = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
    said = "".join([f"{name}={digest(getattr(value, attribute), memo)};" for name, attribute in fields])
    return f"{_tag(type(value))}({said})"


def _tag(struct: type[msgspec.Struct]) -> str:
    tag = struct.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{struct.__name__} has no tag, and a rule's state hangs on it: class ...(tag='NAME')")
    return tag


def _shown(names: dict[object, object]) -> str:
    """A long list as ``repr`` showed it in 0.1: its entries are texts, numbers or phrases."""
    return "{" + ", ".join([f"{_entry(entry)}: {name!r}" for entry, name in names.items()]) + "}"


def _entry(entry: object) -> str:
    if not isinstance(entry, msgspec.Struct):
        return repr(entry)
    fields = zip(entry.__struct_encode_fields__, entry.__struct_fields__, strict=True)
    said = ", ".join([f"{name}={getattr(entry, attribute)!r}" for name, attribute in fields])
    return f"{_tag(type(entry))}({said})"
