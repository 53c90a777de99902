"""What two rules have in common where they ask the same: a digest of conditions and keys."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import msgspec

Memo = dict[object, object]
"""Digests of long lists by their identity, with the list itself, so that the identity stays its own."""

LONG = 64


def digest(value: object, memo: Memo) -> str:
    """A digest that is the same for the same value, in whatever process; a long list is gone through once."""
    if isinstance(value, msgspec.Struct):
        said = "".join(f"{name}={digest(getattr(value, name), memo)};" for name in value.__struct_fields__)
        return f"{type(value).__name__}({said})"
    if isinstance(value, dict) and len(value) > LONG:
        known = memo.get(("digest", id(value)))
        if not isinstance(known, tuple):
            known = memo["digest", id(value)] = (sha256(repr(value).encode()).hexdigest(), value)
        return str(known[0])
    if isinstance(value, tuple | list):
        return f"[{','.join(digest(one, memo) for one in value)}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{digest(key, memo)}:{digest(one, memo)}" for key, one in value.items()) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(digest(one, memo) for one in value)) + "}"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return repr(value)
