"""Searches for a bounded time: what they share.

NEWSWATCH_FUZZ_SECONDS: how long all searches run together (default 30). NEWSWATCH_FUZZ_SEED: where they begin; printed,
so that a finding can be repeated.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Sequence

#: The searches in tests/fuzz, which divide the time among them.
SEARCHES = 6
SECONDS = float(os.environ.get("NEWSWATCH_FUZZ_SECONDS", "30")) / SEARCHES
SEED = int(os.environ.get("NEWSWATCH_FUZZ_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
#: CPU seconds that one try may take.
MOST_SECONDS = 2.0


def rounds(what: str) -> Iterator[random.Random]:
    """A source of chance for each try, until the time is over."""
    print(f"{what}: seed {SEED}, {SECONDS:.0f} s")
    until = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < until or number < 10:
        yield random.Random(f"{what} {SEED} {number}")
        number += 1
    print(f"{what}: {number} tried")


def mutated(chance: random.Random, sample: bytes, pieces: Sequence[bytes]) -> bytes:
    """The sample with a few bytes changed, left out, doubled, or with pieces put in."""
    raw = bytearray(sample)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(raw) + 1)
        match chance.randrange(4):
            case 0:
                raw[place : place + 1] = chance.randbytes(1)
            case 1:
                del raw[place : place + chance.randrange(1, 30)]
            case 2:
                raw[place:place] = chance.choice(pieces)
            case _:
                raw[place:place] = raw[place : place + chance.randrange(1, 200)]
    return bytes(raw)
