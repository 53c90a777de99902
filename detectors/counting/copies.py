"""The fingerprints of a group as one matrix: all copies of a fingerprint are found in one vectorised comparison.

Each fingerprint has a slot, and its copies are a mask: an integer with the bits of their slots. What a window holds is
a mask, too, so that asking which copies of a story it holds takes one operation, not one for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from detectors.counting.cliques import Cliques
from detectors.counting.similarity import COPY_THRESHOLD, positions

_FIRST_ROWS = 16
_Slots = npt.NDArray[np.int64]


@cache
def fewest_equal(length: int) -> int:
    """How many of ``length`` positions are equal in copies, at least."""
    return next(number for number in range(1, length + 1) if number / length >= COPY_THRESHOLD)


def slots_of(mask: int) -> Iterator[int]:
    """The slots whose bits a mask has, from the lowest on."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Signatures:
    """Fingerprints of one length, and the slot of each."""

    __slots__ = ("_needed", "_number", "_place", "_rows", "_slots")

    def __init__(self, length: int) -> None:
        self._needed = fewest_equal(length)
        self._rows: npt.NDArray[np.uint32] = np.zeros((_FIRST_ROWS, length), dtype=np.uint32)
        self._slots: _Slots = np.zeros(_FIRST_ROWS, dtype=np.int64)
        self._place: dict[int, int] = {}
        self._number = 0

    def add(self, fingerprint: str, slot: int) -> None:
        """Add a fingerprint that is not there yet."""
        place = self._number
        if place == len(self._rows):
            self._rows = np.concatenate((self._rows, np.zeros_like(self._rows)))
            self._slots = np.concatenate((self._slots, np.zeros_like(self._slots)))
        self._rows[place] = np.frombuffer(positions(fingerprint) or b"", dtype=np.uint32)
        self._slots[place] = slot
        self._place[slot] = place
        self._number += 1

    def remove(self, slot: int) -> None:
        """Remove a fingerprint; the last one takes its place."""
        self._number -= 1
        place, last = self._place.pop(slot), int(self._slots[self._number])
        if last != slot:
            self._rows[place] = self._rows[self._number]
            self._slots[place] = last
            self._place[last] = place
        if len(self._rows) > _FIRST_ROWS and self._number < len(self._rows) // 4:
            self._rows = self._rows[: len(self._rows) // 2].copy()
            self._slots = self._slots[: len(self._slots) // 2].copy()

    def copies(self, fingerprint: str) -> _Slots:
        """The slots of the fingerprints that are copies of one, its own included where it is there."""
        row = np.frombuffer(positions(fingerprint) or b"", dtype=np.uint32)
        equal = np.count_nonzero(self._rows[: self._number] == row, axis=1)
        found: _Slots = self._slots[: self._number][equal >= self._needed]
        return found


class _Links:
    """Which slots are copies of each other: a row of bits for each slot that has, or has had, a copy."""

    __slots__ = ("_bits", "_free", "_row_of", "_rows")

    def __init__(self) -> None:
        self._bits: npt.NDArray[np.uint8] = np.zeros((0, 0), dtype=np.uint8)
        self._row_of: _Slots = np.zeros(0, dtype=np.int64)
        self._free: list[int] = []
        self._rows = 0

    def link(self, slot: int, others: _Slots) -> None:
        """A new slot is a copy of the others."""
        highest = max(slot, int(others.max()))
        if highest >= len(self._row_of):
            size = max(64, 2 * (highest // 8 + 1) * 8)
            self._row_of = np.concatenate((self._row_of, np.full(size - len(self._row_of), -1, dtype=np.int64)))
            wider = np.zeros((len(self._bits), size // 8), dtype=np.uint8)
            wider[:, : self._bits.shape[1]] = self._bits
            self._bits = wider
        for new in (slot, *others[self._row_of[others] < 0].tolist()):
            self._row_of[new] = self._new_row()
        row = np.zeros(self._bits.shape[1] * 8, dtype=np.uint8)
        row[others] = 1
        self._bits[self._row_of[slot]] = np.packbits(row, bitorder="little")
        self._bits[self._row_of[others], slot >> 3] |= np.uint8(1 << (slot & 7))

    def _new_row(self) -> int:
        if self._free:
            return self._free.pop()
        if self._rows == len(self._bits):
            more = np.zeros((max(_FIRST_ROWS, self._rows), self._bits.shape[1]), dtype=np.uint8)
            self._bits = np.concatenate((self._bits, more))
        self._rows += 1
        return self._rows - 1

    def unlink(self, slot: int) -> None:
        """Forget the copies of a slot."""
        row = self._row(slot)
        if row >= 0:
            self._bits[:, slot >> 3] &= np.uint8(0xFF ^ (1 << (slot & 7)))
            self._bits[row] = 0
            self._row_of[slot] = -1
            self._free.append(row)

    def mask(self, slot: int) -> int:
        """The copies of a slot, itself not included."""
        row = self._row(slot)
        return int.from_bytes(self._bits[row].tobytes(), "little") if row >= 0 else 0

    def _row(self, slot: int) -> int:
        return int(self._row_of[slot]) if slot < len(self._row_of) else -1


class Copies:
    """Fingerprints of any length, each as often as it was added, and which of them are copies of each other.

    A fingerprint is compared with all others once. One that was removed keeps its slot and its copies until the next
    one is added, so that windows can still ask about it while they drop the same fact.
    """

    __slots__ = ("_by_length", "_cliques", "_free", "_gone", "_links", "_prints", "_slots", "_times")

    def __init__(self) -> None:
        self._by_length: dict[int, Signatures] = {}
        self._times: dict[str, int] = {}
        self._slots: dict[str, int] = {}
        self._prints: list[str] = []  # by slot
        self._links = _Links()
        self._cliques = Cliques()
        self._gone: list[str] = []
        self._free: list[int] = []

    def add(self, fingerprint: str) -> None:
        """One more of a fingerprint."""
        if self._gone:
            self._forget()
        times = self._times.get(fingerprint, 0)
        self._times[fingerprint] = times + 1
        if times:
            return
        slot = self._slots[fingerprint] = self._free.pop() if self._free else len(self._prints)
        self._prints[slot : slot + 1] = [fingerprint]
        self._compare(fingerprint, slot)
        self._cliques.add(slot, self.near(slot))

    def _compare(self, fingerprint: str, slot: int) -> None:
        length = _length(fingerprint)
        if not length:
            return
        signatures = self._by_length.get(length)
        if signatures is None:
            signatures = self._by_length[length] = Signatures(length)
        copies = signatures.copies(fingerprint)
        signatures.add(fingerprint, slot)
        if len(copies):
            self._links.link(slot, copies)

    def remove(self, fingerprint: str) -> None:
        """One less of a fingerprint."""
        times = self._times.pop(fingerprint) - 1
        if times:
            self._times[fingerprint] = times
            return
        length = _length(fingerprint)
        if length:
            self._by_length[length].remove(self._slots[fingerprint])
        self._gone.append(fingerprint)

    def _forget(self) -> None:
        for fingerprint in self._gone:
            slot = self._slots.pop(fingerprint)
            self._links.unlink(slot)
            self._cliques.remove(slot)
            self._free.append(slot)
        self._gone.clear()

    def slot(self, fingerprint: str) -> int:
        """The slot of a fingerprint that is here, or was until just now. Raises KeyError for any other."""
        return self._slots[fingerprint]

    def clique(self, fingerprint: str) -> int:
        """The clique of such a fingerprint: any two of one clique are copies. Raises KeyError for any other."""
        return self._cliques.of(self._slots[fingerprint])

    def near(self, slot: int) -> int:
        """The mask of a slot's copies, itself included."""
        return self._links.mask(slot) | 1 << slot


def _length(fingerprint: str) -> int:
    """Its number of positions; 0 where it has none that can be read."""
    found = positions(fingerprint)
    return len(found) if found is not None else 0
