"""Detects topics that were deleted or recreated, and counts records that were deleted before they were read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from faust.types import TP

from streams.kafka.topic_ids import TopicIds
from streams.transport.start_offsets import Logs

logger = logging.getLogger(__name__)


class Reader(Protocol):
    """The part of a consumer that knows which offsets it skipped."""

    def take_holes(self) -> list[tuple[TP, int, int]]:
        """Return the offset ranges skipped since the last call: partition, first offset, end (exclusive)."""

    async def beginnings(self, *partitions: TP) -> Mapping[TP, int]:
        """Return the first offset of each partition."""


class LogWatch:
    """Compares the topics' logs with those that existed when the worker started.

    The worker waits for a topic that was deleted. If a topic was recreated, none of the offsets that the worker knows
    apply to it, so the worker restarts.

    Args:
        logs: the logs that existed when the worker started.
        ids: asks the brokers for topic ids, in a thread.
        begin_again: called with the reason when a topic was recreated.
    """

    def __init__(
        self,
        logs: Logs,
        ids: TopicIds,
        begin_again: Callable[[str], None],
    ) -> None:
        self._logs = logs
        self._ids = ids
        self._begin_again = begin_again
        self.gone: frozenset[str] = frozenset()
        """The topics that were missing at the last check."""

    def id_of(self, topic: str) -> str:
        """The id of the topic's log when the worker started, empty if the broker gives none."""
        return self._logs.ids.get(topic, "")

    async def unchanged(self) -> bool:
        """Whether every topic is still the same log.

        Raises:
            BrokerUnreachableError, KafkaError (kafka-python's): no broker answers.
        """
        known = self._logs.ids
        if not known:
            return True
        now = await asyncio.to_thread(self._ids.of, known)
        gone = frozenset(known.keys() - now.keys())
        for topic in sorted(gone - self.gone):
            logger.error("the topic %s was deleted; the worker waits until it is recreated", topic)
        self.gone = gone
        recreated = sorted(topic for topic, id_ in now.items() if id_ != known[topic])
        if recreated and not gone:
            self._begin_again(f"the topic {' and '.join(recreated)} was recreated")
        return not recreated and not gone

    async def count_expired(self, reader: Reader, topic: str) -> None:
        """Count the records that were deleted, by retention or by hand, before they were fetched."""
        holes = [hole for hole in reader.take_holes() if hole[0].topic == topic]
        earliest = await reader.beginnings(*{tp for tp, _, _ in holes}) if holes else {}
        for tp, start, end in holes:  # a transaction's end marker also leaves a hole
            lost = min(earliest.get(tp) or 0, end) - start
            if lost > 0:
                self._logs.expired(tp, lost)
