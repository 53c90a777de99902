"""Where reading begins: at the committed offset, if it still applies to the current log.

Kafka stores a commit under the topic's name. It may belong to a deleted log of the same name (committed by a worker
that had not noticed yet), and its record may be gone: past the topic's retention, or deleted. Kafka then silently
continues elsewhere; here each such case is logged, and every record that exists is read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Literal, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError, KafkaTimeoutError, UnknownTopicOrPartitionError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

logger = logging.getLogger(__name__)

#: Prefix of a commit's metadata; the id of the log follows.
MARK = "newswatch log "
#: How often to ask for the end of a log, a second apart: after a leader change it may be too low for a moment.
LOOKS = 5
#: How often to check that the topics of a pending request still exist (seconds).
LOOK_SECONDS = 1.0

T = TypeVar("T")


class Logs:
    """The logs that the worker reads.

    Args:
        ids: topic to the id of its log when the worker started; empty, or missing, if the broker has none.
        exact: whether the broker reports the ends of logs exactly.
        read: the topics that are read and committed; each of their partitions has a commit from the start, so that
            its lag is seen, and what is deleted unread is counted.
        sources: those of them that others write, whose records count as lost even without a commit.
    """

    def __init__(
        self,
        ids: Mapping[str, str] | None = None,
        *,
        exact: bool = True,
        read: Collection[str] = (),
        sources: Collection[str] = (),
    ) -> None:
        self.ids = dict(ids or {})
        self.exact = exact
        self.read = frozenset(read)
        self.sources = frozenset(sources)
        self.on_expired: Callable[[TP, int], None] | None = None

    def mark(self, topic: str) -> str:
        """The metadata of a commit of this topic."""
        id_ = self.ids.get(topic)
        return MARK + id_ if id_ else ""

    def of_another(self, topic: str, mark: str) -> bool:
        """Whether a commit with this metadata is known to be of another log."""
        return bool(self.mark(topic)) and mark.startswith(MARK) and mark != self.mark(topic)

    def expired(self, tp: TP, count: int) -> None:
        """Report that ``count`` records of a partition were deleted before they were read."""
        logger.error(
            "%d records of %s, partition %d, were deleted before they were read; continuing at the first one left",
            count,
            tp.topic,
            tp.partition,
        )
        if self.on_expired is not None:
            self.on_expired(tp, count)


class Start(msgspec.Struct, frozen=True):
    """Where reading begins: at ``offset``, or for None at the log's first record. ``lost``: number of unread records
    that were deleted.
    """

    offset: int | None
    because: Literal["committed", "another log", "expired", "beyond the end"] = "committed"
    lost: int = 0


def start_of(committed: int, *, another_log: bool, earliest: int, end: int | None) -> Start:
    """What a committed offset means.

    Args:
        earliest: the first offset that can be read.
        end: the offset after the last, None if it is not known exactly.
    """
    if another_log:
        return Start(None, "another log")
    if committed < earliest:
        return Start(earliest, "expired", earliest - committed)
    if end is not None and committed > end:
        return Start(None, "beyond the end")
    return Start(committed)


async def while_there(
    consumer: AIOKafkaConsumer, places: Collection[TopicPartition], question: Coroutine[Any, Any, T]
) -> T:
    """Await a request about these partitions as long as their topics exist.

    aiokafka retries requests about a deleted topic: commits forever, others until they time out, and two such requests
    block all others of Faust's consumer thread.

    Raises:
        UnknownTopicOrPartitionError: a topic was deleted.
        KafkaError: what the request raises.
    """
    asked = asyncio.ensure_future(question)
    try:
        while not asked.done():
            await asyncio.wait({asked}, timeout=LOOK_SECONDS)
            if not asked.done() and not all(consumer.partitions_for_topic(place.topic) for place in places):
                raise UnknownTopicOrPartitionError
        return asked.result()
    finally:
        asked.cancel()


class PositionedThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, with commits that name their log and apply only to it."""

    logs = Logs()

    async def seek_to_committed(self) -> Mapping[TP, int | None]:  # type: ignore[override]  # as in Faust
        """Seek to the valid committed offsets; returns them, with None for partitions without one."""
        found: Mapping[TP, int | None] = await self.call_thread(self._seek_to_what_counts)
        return found

    async def _seek_to_what_counts(self) -> Mapping[TP, int | None]:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        committed: Mapping[TopicPartition, OffsetAndMetadata] = await consumer._coordinator.fetch_committed_offsets(  # noqa: SLF001
            list(assigned)
        )
        found: dict[TP, int | None] = dict.fromkeys((TP(*place) for place in assigned), None)
        for place, start in (await self._starts(consumer, committed)).items():
            tp = TP(*place)
            if start.because != "committed":
                logger.warning("%s, partition %d: the committed offset %s", *tp, _SAID[start.because])
            if start.lost and start.offset is not None:
                self.logs.expired(tp, start.lost)
                await self._commit({tp: start.offset})  # so that they are counted only once
            found[tp] = start.offset
            if start.offset:
                consumer.seek(place, start.offset)
        await self._commit_beginnings([place for place in assigned if found[TP(*place)] is None], committed)
        return found

    async def _commit_beginnings(
        self, places: Collection[TopicPartition], committed: Mapping[TopicPartition, OffsetAndMetadata]
    ) -> None:
        """Commit where reading begins in partitions without a commit that applies, and count what is gone already."""
        consumer = self._ensure_consumer()
        there = [
            place for place in places if place.topic in self.logs.read and consumer.partitions_for_topic(place.topic)
        ]
        if not there:
            return
        earliest = await consumer.beginning_offsets(there)
        if not await self._commit({TP(*place): offset for place, offset in earliest.items()}):
            return
        for place, offset in earliest.items():
            if offset and place not in committed and place.topic in self.logs.sources:
                self.logs.expired(TP(*place), offset)

    async def _starts(
        self, consumer: AIOKafkaConsumer, committed: Mapping[TopicPartition, OffsetAndMetadata]
    ) -> dict[TopicPartition, Start]:
        there = [place for place in committed if consumer.partitions_for_topic(place.topic)]
        if not there:
            return {}
        try:
            return await self._starts_there(consumer, committed, there)
        except KafkaTimeoutError:  # Kafka is away, or a topic was deleted meanwhile
            return await self._starts(consumer, committed)

    async def _starts_there(
        self,
        consumer: AIOKafkaConsumer,
        committed: Mapping[TopicPartition, OffsetAndMetadata],
        there: Collection[TopicPartition],
    ) -> dict[TopicPartition, Start]:
        earliest = await consumer.beginning_offsets(there)
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(1)
            ends = await consumer.end_offsets(there) if self.logs.exact else {}
            starts = {
                place: start_of(
                    committed[place].offset,
                    another_log=self.logs.of_another(place.topic, committed[place].metadata or ""),
                    earliest=earliest[place],
                    end=ends.get(place),
                )
                for place in there
            }
            if all(start.because != "beyond the end" for start in starts.values()):
                break
        return starts

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; False if the partitions have moved, or the topic was deleted."""
        consumer = self._ensure_consumer()
        assigned = self.assignment()
        marked = {
            TopicPartition(*tp): OffsetAndMetadata(offset, self.logs.mark(tp.topic))
            for tp, offset in offsets.items()
            if tp in assigned
        }
        if not marked:
            return False
        try:
            await while_there(consumer, marked, consumer.commit(marked))
        except (CommitFailedError, UnknownTopicOrPartitionError):  # the group has rebalanced, or the topic was deleted
            return False
        except Exception as error:
            logger.exception("the commit failed")
            await self.crash(error)
            return False
        return True


_SAID = {
    "another log": "belongs to an earlier topic of this name; reading the topic from its beginning",
    "expired": "points to a deleted record",
    "beyond the end": "is beyond the end of the log; reading the log from its beginning",
}
