"""The fingerprints in a window as one matrix: all copies of a fingerprint are found in one vectorised comparison."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import numpy as np
import numpy.typing as npt

from detectors.counting.similarity import COPY_THRESHOLD, positions

MOST_KEPT = 64
"""Copies of a fingerprint that are kept."""
_FIRST_ROWS = 16


@cache
def fewest_equal(length: int) -> int:
    """How many of ``length`` positions are equal in copies, at least."""
    return next(number for number in range(1, length + 1) if number / length >= COPY_THRESHOLD)


class Signatures:
    """Fingerprints of one length."""

    __slots__ = ("_needed", "_prints", "_rows", "_slots")

    def __init__(self, length: int) -> None:
        self._needed = fewest_equal(length)
        self._rows: npt.NDArray[np.uint32] = np.zeros((_FIRST_ROWS, length), dtype=np.uint32)
        self._prints: list[str] = []
        self._slots: dict[str, int] = {}

    def add(self, fingerprint: str) -> None:
        """Take a fingerprint that is not there."""
        slot = len(self._prints)
        if slot == len(self._rows):
            self._rows = np.concatenate((self._rows, np.zeros_like(self._rows)))
        self._rows[slot] = np.frombuffer(positions(fingerprint) or b"", dtype=np.uint32)
        self._prints.append(fingerprint)
        self._slots[fingerprint] = slot

    def remove(self, fingerprint: str) -> None:
        """Give up a fingerprint; the last one takes its place."""
        slot = self._slots.pop(fingerprint)
        last = self._prints.pop()
        if last != fingerprint:
            self._rows[slot] = self._rows[len(self._prints)]
            self._prints[slot] = last
            self._slots[last] = slot
        if len(self._rows) > _FIRST_ROWS and len(self._prints) < len(self._rows) // 4:
            self._rows = self._rows[: len(self._rows) // 2].copy()

    def copies(self, fingerprint: str) -> list[str]:
        """The fingerprints that are copies of one, itself included where it is there."""
        row = np.frombuffer(positions(fingerprint) or b"", dtype=np.uint32)
        equal = np.count_nonzero(self._rows[: len(self._prints)] == row, axis=1)
        return [self._prints[slot] for slot in np.flatnonzero(equal >= self._needed).tolist()]


class Copies:
    """Fingerprints of any length, each as often as it was added, and which of them are copies of each other.

    What was found is kept up to date, so that a fingerprint is compared with all others once; where one has more than
    MOST_KEPT copies they are looked for each time, so that memory does not grow with the square of a story.
    """

    __slots__ = ("_alike", "_by_length", "_times")

    def __init__(self) -> None:
        self._by_length: dict[int, Signatures] = {}
        self._times: dict[str, int] = {}
        self._alike: dict[str, set[str] | None] = {}  # of those that have copies, with themselves; None: too many

    def add(self, fingerprint: str) -> None:
        """One more of a fingerprint."""
        times = self._times.get(fingerprint, 0)
        self._times[fingerprint] = times + 1
        length = _length(fingerprint)
        if times or not length:
            return
        signatures = self._by_length.get(length)
        if signatures is None:
            signatures = self._by_length[length] = Signatures(length)
        copies = signatures.copies(fingerprint)
        signatures.add(fingerprint)
        if not copies:
            return
        for copy in copies:
            alike = self._alike.setdefault(copy, {copy})
            if alike is not None:
                alike.add(fingerprint)
                if len(alike) > MOST_KEPT:
                    self._alike[copy] = None
        self._alike[fingerprint] = {fingerprint, *copies} if len(copies) < MOST_KEPT else None

    def remove(self, fingerprint: str) -> None:
        """One less of a fingerprint."""
        times = self._times.pop(fingerprint) - 1
        if times:
            self._times[fingerprint] = times
            return
        length = _length(fingerprint)
        if not length:
            return
        for copy in self._of(fingerprint, length):
            alike = self._alike.get(copy)
            if alike is not None and copy != fingerprint:
                alike.remove(fingerprint)
                if len(alike) == 1:
                    del self._alike[copy]
        self._alike.pop(fingerprint, None)
        self._by_length[length].remove(fingerprint)

    def of(self, fingerprint: str) -> Collection[str]:
        """The fingerprints here that are copies of one, equal ones included."""
        if fingerprint in self._times:
            return self._of(fingerprint, _length(fingerprint))
        signatures = self._by_length.get(_length(fingerprint))
        return signatures.copies(fingerprint) if signatures is not None else ()

    def _of(self, fingerprint: str, length: int) -> Collection[str]:
        alike = self._alike.get(fingerprint, (fingerprint,))
        return self._by_length[length].copies(fingerprint) if alike is None else alike


def _length(fingerprint: str) -> int:
    """Its number of positions; 0 where it has none that can be read."""
    found = positions(fingerprint)
    return len(found) if found is not None else 0
