"""Whether the topics are still the logs that the worker began with, and what a log lost before it was read."""

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
    """The part of a consumer that knows which offsets it passed over."""

    def take_holes(self) -> list[tuple[TP, int, int]]:
        """Offsets passed over since the last call: partition, the first, and the one after the last."""

    async def beginnings(self, *partitions: TP) -> Mapping[TP, int]:
        """The first offset of each partition."""


class LogWatch:
    """Compares the logs of the topics with those that the worker began with.

    A worker waits for a topic that was deleted. Where one was deleted and made anew, no offset that the worker knows
    says anything about it: it begins again.

    Args:
        logs: the logs that the worker began with.
        ids: asks the brokers, in a thread.
        begin_again: called with the reason where a topic was made anew.
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
        """The topics that did not exist when this was last asked."""

    def id_of(self, topic: str) -> str:
        """The id of the log that the worker began with, empty where the broker gives none."""
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
            logger.error("the topic %s was deleted; the worker waits until it is made anew", topic)
        self.gone = gone
        anew = sorted(topic for topic, id_ in now.items() if id_ != known[topic])
        if anew and not gone:
            self._begin_again(f"the topic {' and '.join(anew)} was made anew")
        return not anew and not gone

    async def count_expired(self, reader: Reader, topic: str) -> None:
        """Count what was deleted, by retention or by hand, before it was fetched."""
        holes = [hole for hole in reader.take_holes() if hole[0].topic == topic]
        earliest = await reader.beginnings(*{tp for tp, _, _ in holes}) if holes else {}
        for tp, start, end in holes:  # the end of a transaction leaves a hole too
            lost = min(earliest.get(tp) or 0, end) - start
            if lost > 0:
                self._logs.expired(tp, lost)
