"""The judged moments of a group: finds those that a further fact may affect without visiting each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.machines.stretches import Stretches

NEVER = 1 << 62
"""A number that no moment reaches."""
FEW = 32
"""So many moments of a stretch are judged one by one instead of in shorter stretches."""
_FIRST_ROOM = 4
_MOST, _NEEDED, _FEWEST = range(3)


class Bounds(NamedTuple):
    """A moment, and the bounds of its number."""

    moment: datetime
    fewest: int
    most: int


class Moments:
    """Moments in order, each with bounds of its number, and the number at which to judge it again.

    All are arrays, so that a fact that precedes thousands of moments costs microseconds.
    """

    __slots__ = ("_numbers", "_times")

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._numbers: npt.NDArray[np.int64] = np.empty((3, _FIRST_ROOM), dtype=np.int64)

    def __len__(self) -> int:
        return len(self._times)

    def __contains__(self, moment: datetime) -> bool:
        place = bisect_left(self._times, moment)
        return place < len(self._times) and self._times[place] == moment

    def put(self, bounds: Bounds, again: int) -> None:
        """Record the bounds of a moment's number, and the number at which to judge it again."""
        moment = bounds.moment
        place = bisect_left(self._times, moment)
        held = len(self._times)
        if place == held or self._times[place] != moment:
            if held == self._numbers.shape[1]:
                self._numbers = np.concatenate((self._numbers, np.empty_like(self._numbers)), axis=1)
            self._times.insert(place, moment)
            self._numbers[:, place + 1 : held + 1] = self._numbers[:, place:held]
        self._numbers[:, place] = bounds.most, again, bounds.fewest

    def postpone(self, moment: datetime, again: int) -> bool:
        """Judge a moment that is here only from the number ``again`` on; return whether it cannot have that yet."""
        place = bisect_left(self._times, moment)
        self._numbers[_NEEDED, place] = again
        return bool(self._numbers[_MOST, place] < again)

    def around(self, moment: datetime) -> tuple[Bounds | None, Bounds | None]:
        """The neighbours of a moment that is not here."""
        place = bisect_left(self._times, moment)
        return self._bounds_at(place - 1), self._bounds_at(place)

    def _bounds_at(self, place: int) -> Bounds | None:
        if not 0 <= place < len(self._times):
            return None
        return Bounds(self._times[place], int(self._numbers[_FEWEST, place]), int(self._numbers[_MOST, place]))

    def grow(self, first: datetime, last: datetime, by: int) -> None:
        """Raise the upper bounds of the moments in [first, last] by ``by``."""
        low, high = self._places(first, last)
        if low < high:
            self._numbers[_MOST, low:high] += by

    def promising(self, first: datetime, last: datetime, stretches: Stretches | None) -> Iterator[datetime]:
        """The moments in [first, last] that must be judged again, in order; ``stretches`` lowers their bounds first."""
        low, high = self._places(first, last)
        if low >= high:
            return iter(())
        if stretches is None:
            return iter(self._at(low, self._wanted(low, high)))
        return self._by_stretches(low, high, stretches, 0)

    def _wanted(self, low: int, high: int) -> npt.NDArray[np.bool_]:
        wanted: npt.NDArray[np.bool_] = self._numbers[_MOST, low:high] >= self._numbers[_NEEDED, low:high]
        return wanted

    def _by_stretches(self, low: int, high: int, stretches: Stretches, level: int) -> Iterator[datetime]:
        while low < high:
            start, end = stretches.stretch(self._times[low], level)
            until = bisect_left(self._times, end, low, high)
            if self._wanted(low, until).any():
                most = self._numbers[_MOST, low:until]
                np.minimum(most, stretches.most(start, end), out=most)
                wanted = self._wanted(low, until)
                number = np.count_nonzero(wanted)
                if level == stretches.DEPTH or (number <= FEW and (not number or not stretches.divide(start, end))):
                    yield from self._at(low, wanted)
                else:
                    yield from self._by_stretches(low, until, stretches, level + 1)
            low = until

    def within(self, first: datetime, last: datetime) -> list[datetime]:
        """The moments in [first, last]."""
        low, high = self._places(first, last)
        return self._times[low:high]

    def reaching(self, first: datetime, last: datetime, number: int) -> list[datetime]:
        """The moments in [first, last] whose number may be ``number`` or more."""
        low, high = self._places(first, last)
        return self._at(low, self._numbers[_MOST, low:high] >= number)

    def drop_before(self, moment: datetime) -> None:
        """Forget the moments before ``moment``."""
        end = bisect_left(self._times, moment)
        if not end:
            return
        held = len(self._times)
        del self._times[:end]
        if _FIRST_ROOM < len(self._times) < self._numbers.shape[1] // 4:
            self._numbers = self._numbers[:, end:held].copy()
            return
        self._numbers[:, : held - end] = self._numbers[:, end:held]

    def clear(self) -> None:
        """Forget all moments."""
        self._times.clear()

    def _places(self, first: datetime, last: datetime) -> tuple[int, int]:
        return bisect_left(self._times, first), bisect_right(self._times, last)

    def _at(self, low: int, chosen: npt.NDArray[np.bool_]) -> list[datetime]:
        return [self._times[low + place] for place in np.flatnonzero(chosen).tolist()]
