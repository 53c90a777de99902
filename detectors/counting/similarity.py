"""Which articles are copies of one story: by fingerprints that were computed from each article alone."""

from __future__ import annotations

import base64
import binascii
from array import array
from functools import lru_cache
from operator import eq

COPY_THRESHOLD = 0.35
"""Share of equal positions of two MinHash signatures from which on their articles are copies."""


@lru_cache(maxsize=4096)
def positions(fingerprint: str) -> array[int] | None:
    """The numbers of a signature; None where the text holds none."""
    try:
        raw = base64.urlsafe_b64decode(fingerprint.encode("ascii") + b"=" * (-len(fingerprint) % 4))
        numbers = array("I", raw)
    except (ValueError, binascii.Error):
        return None
    return numbers or None


def similarity(a: str, b: str) -> float:
    """Share of equal positions of two signatures (URL-safe base64 of little-endian uint32), from 0 to 1.

    Equal non-empty fingerprints are at 1 whatever they hold; of unequal length or unreadable ones nothing is known: 0.
    """
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    first, second = positions(a), positions(b)
    if first is None or second is None or len(first) != len(second):
        return 0.0
    equal: int = sum(map(eq, first, second))
    return equal / len(first)


def are_copies(a: str, b: str) -> bool:
    """Whether two fingerprints say that their articles are copies; an empty one is nobody's copy."""
    return similarity(a, b) >= COPY_THRESHOLD
