"""Records that an open transaction of any producer holds back: nobody may read past its first record until it ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec
from faust.types import TP

from streams.monitoring.metrics import Metrics

#: A transaction that has been open for this long (seconds) is logged, and again after each further twice the time.
LONG_SECONDS = 30.0

logger = logging.getLogger(__name__)


class Stable(msgspec.Struct, frozen=True):
    """The offset that a reader of committed records may come to, and the end of the log."""

    offset: int
    end: int


class _Held(msgspec.Struct):
    offset: int
    since: float
    tell_after: float = LONG_SECONDS


class OpenTransactions:
    """Shows how many records wait, and for how long the oldest has: a partition whose readable end stands still."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._held: dict[TP, _Held] = {}

    def show(self, stable: Mapping[TP, Stable], now: float) -> None:
        """Show the owned partitions; ``now``: seconds of the monotonic clock."""
        waiting = {tp: found for tp, found in stable.items() if found.end > found.offset}
        self._held = {
            tp: held
            if (held := self._held.get(tp)) is not None and held.offset == found.offset
            else _Held(found.offset, now)
            for tp, found in waiting.items()
        }
        records = {tp: found.end - found.offset for tp, found in stable.items()}
        seconds = {tp: now - held.since for tp, held in self._held.items()}
        self._metrics.open_transaction_records.show({(tp.topic, str(tp.partition)): n for tp, n in records.items()})
        self._metrics.open_transaction_seconds.show(
            {(tp.topic, str(tp.partition)): seconds.get(tp, 0.0) for tp in stable}
        )
        for tp, held in self._held.items():
            if seconds[tp] >= held.tell_after:
                held.tell_after *= 2
                logger.warning(
                    "%s, partition %d: a producer's transaction at offset %d has been open for %.0f s; %d records "
                    "cannot be read until it ends (kafka-transactions.sh shows whose it is)",
                    *(tp.topic, tp.partition, held.offset, seconds[tp], records[tp]),
                )
