"""The judged moments of a group: finds those that a further fact may affect without visiting each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime

import numpy as np
import numpy.typing as npt

NEVER = 1 << 62
"""A number that no moment reaches."""
_FIRST_ROOM = 4

_Numbers = npt.NDArray[np.int64]


class Moments:
    """Moments in order, each with an upper bound of its number, and the number at which to judge it again.

    Both are arrays, so that a fact that precedes thousands of moments costs microseconds.
    """

    __slots__ = ("_most", "_needed", "_times")

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._most: _Numbers = np.empty(_FIRST_ROOM, dtype=np.int64)
        self._needed: _Numbers = np.empty(_FIRST_ROOM, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._times)

    def __contains__(self, moment: datetime) -> bool:
        place = bisect_left(self._times, moment)
        return place < len(self._times) and self._times[place] == moment

    def judged(self, moment: datetime, number: int, again: int) -> None:
        """Record that a moment was judged: its number, and the number at which to judge it again."""
        place = bisect_left(self._times, moment)
        held = len(self._times)
        if place == held or self._times[place] != moment:
            if held == len(self._most):
                self._most = np.concatenate((self._most, np.empty_like(self._most)))
                self._needed = np.concatenate((self._needed, np.empty_like(self._needed)))
            self._times.insert(place, moment)
            self._most[place + 1 : held + 1] = self._most[place:held]
            self._needed[place + 1 : held + 1] = self._needed[place:held]
        self._most[place] = number
        self._needed[place] = again

    def grown(self, first: datetime, last: datetime, by: int) -> list[datetime]:
        """Raise the bounds of the moments in [first, last] by ``by``; return those that must be judged again."""
        low, high = self._bounds(first, last)
        if low >= high:
            return []
        most = self._most[low:high]
        most += by
        return self._at(low, most >= self._needed[low:high])

    def within(self, first: datetime, last: datetime) -> list[datetime]:
        """The moments in [first, last]."""
        low, high = self._bounds(first, last)
        return self._times[low:high]

    def reaching(self, first: datetime, last: datetime, number: int) -> list[datetime]:
        """The moments in [first, last] whose number may be ``number`` or more."""
        low, high = self._bounds(first, last)
        return self._at(low, self._most[low:high] >= number)

    def drop_before(self, moment: datetime) -> None:
        """Forget the moments before ``moment``."""
        end = bisect_left(self._times, moment)
        if not end:
            return
        held = len(self._times)
        del self._times[:end]
        if _FIRST_ROOM < len(self._times) < len(self._most) // 4:
            self._most, self._needed = self._most[end:held].copy(), self._needed[end:held].copy()
            return
        self._most[: held - end] = self._most[end:held]
        self._needed[: held - end] = self._needed[end:held]

    def clear(self) -> None:
        """Forget all moments."""
        self._times.clear()

    def _bounds(self, first: datetime, last: datetime) -> tuple[int, int]:
        return bisect_left(self._times, first), bisect_right(self._times, last)

    def _at(self, low: int, chosen: npt.NDArray[np.bool_]) -> list[datetime]:
        return [self._times[low + place] for place in np.flatnonzero(chosen).tolist()]
