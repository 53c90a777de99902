"""A fingerprint of an article's text to recognise copies of a story: a MinHash signature over word shingles.

Method: Broder, "On the resemblance and containment of documents" (1997); the signature is computed by rensa.
"""

from __future__ import annotations

import base64
import struct

from rensa import RMinHash

PERMUTATIONS = 64
SHINGLE = 3  # words
SEED = 42
_MINIMUM = 5  # words; shorter texts have no fingerprint


def fingerprint(folded: str) -> str:
    """URL-safe base64 of the signature (little-endian uint32), or "" for a text too short to compare."""
    words = folded.split()
    if len(words) < _MINIMUM:
        return ""
    shingles = set(map(" ".join, zip(*(words[first:] for first in range(SHINGLE)), strict=False)))
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update(list(shingles))
    digest = [value & 0xFFFFFFFF for value in minhash.digest()]
    return base64.urlsafe_b64encode(struct.pack(f"<{len(digest)}I", *digest)).decode("ascii")
