"""Offsets that no reader is ever given: what ends a transaction on Kafka has one.

Whoever waits for the end of a log to be processed must go past them. The only sign of them is that the reader stands
further on than the newest record that it was given, and goes on standing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from faust.types import TP

#: A partition counts as read to where its reader stands when so many looks in a row found nothing else. A reader moves
#: on a moment before what it has read is known here.
QUIET_LOOKS = 5


class Reader(Protocol):
    """The part of a consumer that tells how far it has come."""

    def fetched_to(self, tp: TP) -> int:
        """The offset after the newest record that was fetched of a partition, 0 where none was."""

    async def position(self, tp: TP) -> int | None:
        """The offset that is to be fetched next."""


class TransactionEnds:
    """Finds them, looked for once a second."""

    def __init__(self) -> None:
        self._seen: dict[TP, tuple[int, int]] = {}

    def forget(self) -> None:
        """Begin anew: the partitions have moved."""
        self._seen.clear()

    async def find(
        self, reader: Reader, owned: Iterable[TP], done: Mapping[int, int], ends: Mapping[int, int]
    ) -> dict[int, int]:
        """The partitions with nothing but such offsets left up to where their reader stands, and where that is.

        Args:
            done: partition to the offset below which all is processed; what is fetched and not processed, for it waits
                for its agent or is in work, is still to come.
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
