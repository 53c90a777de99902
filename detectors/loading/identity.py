"""What two rules have in common where they ask the same: a digest of conditions and keys."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import msgspec

from detectors.conditions.nodes import Has, Says

Memo = dict[object, object]
"""Digests of long lists by their identity, with the list itself, so that the identity stays its own."""

LONG = 64


def digest(value: object, memo: Memo) -> str:
    """A digest that is the same for the same value, in whatever process; a long list is gone through once."""
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
            known = memo["digest", id(value)] = (sha256(repr(value).encode()).hexdigest(), value)
        return str(known[0])
    if isinstance(value, dict):
        return "{" + ",".join([f"{digest(key, memo)}:{digest(one, memo)}" for key, one in value.items()]) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(digest(one, memo) for one in value)) + "}"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return repr(value)


def _struct(value: msgspec.Struct, memo: Memo) -> str:
    said = "".join([f"{name}={digest(getattr(value, name), memo)};" for name in value.__struct_fields__])
    return f"{type(value).__name__}({said})"
