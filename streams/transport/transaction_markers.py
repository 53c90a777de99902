"""Transaction markers: they end a transaction on Kafka, and have offsets that no reader receives.

To wait until a log is processed up to its end, one must pass them. Their only sign is a reader's position that is, and
stays, beyond the newest record that it received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from faust.types import TP

#: A partition counts as read up to its reader's position after this many checks in a row without change: the position
#: advances a moment before the records are known here.
QUIET_LOOKS = 5


class Reader(Protocol):
    """The part of a consumer that reports its progress."""

    def fetched_to(self, tp: TP) -> int:
        """The offset after the newest record fetched from a partition, 0 if there is none."""

    async def position(self, tp: TP) -> int | None:
        """The next offset to fetch."""


class TransactionEnds:
    """Finds transaction markers at the end of logs; call :meth:`find` once a second."""

    def __init__(self) -> None:
        self._seen: dict[TP, tuple[int, int]] = {}

    def forget(self) -> None:
        """Start over: the partitions have moved."""
        self._seen.clear()

    async def find(
        self, reader: Reader, owned: Iterable[TP], done: Mapping[int, int], ends: Mapping[int, int]
    ) -> dict[int, int]:
        """The partitions with only such offsets left before their reader's position, and that position.

        Args:
            done: partition to the offset below which everything is processed; records that wait for their agent or are
                in work are not.
            ends: partition to the end of its log.
        """
        found: dict[int, int] = {}
        for tp in owned:
            reached = done.get(tp.partition)
            position = None
            if reached is not None and reader.fetched_to(tp) <= reached < ends.get(tp.partition, 0):
                position = await reader.position(tp)
            if reached is None or position is None or position <= reached:
                self._seen.pop(tp, None)
                continue
            place, looks = self._seen.get(tp, (position, 0))
            looks = looks + 1 if place == position else 1
            self._seen[tp] = (position, looks)
            if looks >= QUIET_LOOKS and reader.fetched_to(tp) <= reached:
                found[tp.partition] = position
        return found
