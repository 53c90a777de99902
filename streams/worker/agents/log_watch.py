"""Detects topics that were deleted or recreated, and counts records that were deleted before they were read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from faust.types import TP

from streams.kafka.topic_ids import TopicIds
from streams.transport.start_offsets import Logs

logger = logging.getLogger(__name__)

READ = "the worker waits until it is recreated"
WRITTEN = "what is written to it waits until you recreate it with `newswatch topics create`, or a worker starts"
OWN = "its alerts go to the topic of all alerts only, until it is recreated"
#: At how many checks once to look for the topics of rules too.
LOOKS_PER_OWN = 5


class Reader(Protocol):
    """The part of a consumer that knows which offsets it skipped."""

    def take_holes(self) -> list[tuple[TP, int, int]]:
        """Return the offset ranges skipped since the last call: partition, first offset, end (exclusive)."""

    async def beginnings(self, *partitions: TP) -> Mapping[TP, int]:
        """Return the first offset of each partition."""


class LogWatch:
    """Compares the topics' logs with those that existed when the worker started.

    The worker waits for a topic that was deleted. If a topic was recreated, none of the offsets that the worker knows
    apply to it, so the worker restarts. Topics that it only writes to may be recreated.

    Args:
        logs: the logs that existed when the worker started.
        ids: asks the brokers for topic ids, in a thread.
        begin_again: called with the reason when a topic was recreated.
        written: the topics that the worker cannot do without, and only writes to.
        own: gives the topics of rules, each of which the worker can do without.
    """

    def __init__(
        self,
        logs: Logs,
        ids: TopicIds,
        begin_again: Callable[[str], None],
        *,
        written: Collection[str] = (),
        own: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._logs = logs
        self._ids = ids
        self._begin_again = begin_again
        self._written = frozenset(written)
        self._own = own
        self._own_gone: frozenset[str] = frozenset()
        self._looks = 0
        self.gone: frozenset[str] = frozenset()
        """The topics that are read and were missing at the last check. A worker that cannot write ends in the end, and
        its next start creates what it writes to."""
        self._missing: frozenset[str] = frozenset()

    def id_of(self, topic: str) -> str:
        """The id of the topic's log when the worker started, empty if the broker gives none."""
        return self._logs.ids.get(topic, "")

    async def unchanged(self) -> bool:
        """Whether every topic that is read is still the same log; logs each topic that was deleted.

        Raises:
            BrokerUnreachableError, KafkaError (kafka-python's): no broker answers.
        """
        known = self._logs.ids
        if not known:
            return True
        # There may be hundreds of rules' own topics.
        own = frozenset(self._own()) if self._looks % LOOKS_PER_OWN == 0 else frozenset()
        self._looks += 1
        now = await asyncio.to_thread(self._ids.of, {*known, *self._written, *own}, own)
        gone = (known.keys() | self._written) - now.keys()
        self._tell(gone, own, now)
        read_gone = gone & known.keys()
        self.gone = frozenset(read_gone)
        recreated = sorted(topic for topic, id_ in known.items() if now.get(topic, id_) != id_)
        if recreated and not read_gone:
            self._begin_again(f"the topic {' and '.join(recreated)} was recreated")
        return not recreated and not read_gone

    def _tell(self, gone: Collection[str], own: Collection[str], now: Mapping[str, str]) -> None:
        for topic in sorted(set(gone) - self._missing):
            logger.error("the topic %s was deleted; %s", topic, WRITTEN if topic in self._written else READ)
        self._missing = frozenset(gone)
        if own:
            own_gone = frozenset(own) - now.keys()
            for topic in sorted(own_gone - self._own_gone):
                logger.error("the topic %s was deleted; %s", topic, OWN)
            self._own_gone = own_gone

    async def count_expired(self, reader: Reader, topic: str) -> None:
        """Count the records that were deleted, by retention or by hand, before they were fetched."""
        holes = [hole for hole in reader.take_holes() if hole[0].topic == topic]
        earliest = await reader.beginnings(*{tp for tp, _, _ in holes}) if holes else {}
        for tp, start, end in holes:  # a transaction's end marker also leaves a hole
            lost = min(earliest.get(tp) or 0, end) - start
            if lost > 0:
                self._logs.expired(tp, lost)
