"""Fingerprints parted into cliques: any two of one clique are copies, so that they make one story at most."""

from __future__ import annotations

MOST_TRIED = 16
"""Limit on the cliques that a fingerprint is compared with; one that fits none of them begins its own."""


class Cliques:
    """The clique of each slot, assigned when the slot is taken; sets of slots are masks, as in ``copies``."""

    __slots__ = ("_masks", "_number", "_of")

    def __init__(self) -> None:
        self._of: dict[int, int] = {}
        self._masks: dict[int, int] = {}
        self._number = 0

    def add(self, slot: int, near: int) -> None:
        """Assign a slot to a clique; ``near`` are its copies."""
        left = near & ~(1 << slot)
        for _ in range(MOST_TRIED):
            if not left:
                break
            clique = self._of[(left & -left).bit_length() - 1]
            mask = self._masks[clique]
            if not mask & ~near:
                self._of[slot] = clique
                self._masks[clique] = mask | 1 << slot
                return
            left &= ~mask
        self._number += 1
        self._of[slot] = self._number
        self._masks[self._number] = 1 << slot

    def remove(self, slot: int) -> None:
        """Forget a slot."""
        clique = self._of.pop(slot)
        left = self._masks[clique] ^ 1 << slot
        if left:
            self._masks[clique] = left
        else:
            del self._masks[clique]

    def of(self, slot: int) -> int:
        """The clique of a slot; a number that is never used again."""
        return self._of[slot]
