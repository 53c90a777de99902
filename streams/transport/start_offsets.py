"""Where reading begins: at what was committed, if it still says something about the log that is there now.

A commit is kept by the topic's name. It may be of a log of the same name that was deleted since (a worker that had not
noticed yet committed it), and what it points at may be gone: too old for the topic's retention, or deleted. Kafka then
goes on anywhere, without a word; here each such place is said, and nothing is left out that can be read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Literal, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError, UnknownTopicOrPartitionError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

logger = logging.getLogger(__name__)

#: What the metadata of a commit begins with; after it stands the id of the log.
MARK = "newswatch log "
#: After a change of leaders the end of a log may be told too low for a moment: asked so often, a second apart.
LOOKS = 5
#: While a request waits it is looked whether its topics are still there (seconds).
LOOK_SECONDS = 1.0

T = TypeVar("T")


class Logs:
    """The logs that the worker reads.

    Args:
        ids: topic to the id of its log when the worker started; empty, or left out, where the broker has none.
        exact: whether the broker tells the ends of logs exactly.
    """

    def __init__(self, ids: Mapping[str, str] | None = None, *, exact: bool = True) -> None:
        self.ids = dict(ids or {})
        self.exact = exact
        self.on_expired: Callable[[TP, int], None] | None = None

    def mark(self, topic: str) -> str:
        """The metadata of a commit of this topic."""
        id_ = self.ids.get(topic)
        return MARK + id_ if id_ else ""

    def of_another(self, topic: str, mark: str) -> bool:
        """Whether a commit with this metadata is known to be of another log."""
        return bool(self.mark(topic)) and mark.startswith(MARK) and mark != self.mark(topic)

    def expired(self, tp: TP, count: int) -> None:
        """So many records of a partition were deleted before they were read."""
        logger.error(
            "%d records of %s, partition %d, were deleted before they were read; reading goes on at the first left",
            count,
            tp.topic,
            tp.partition,
        )
        if self.on_expired is not None:
            self.on_expired(tp, count)


class Start(msgspec.Struct, frozen=True):
    """Where reading begins: at ``offset``, or for None at the first record of the log. ``lost`` ones are gone."""

    offset: int | None
    because: Literal["committed", "another log", "expired", "beyond the end"] = "committed"
    lost: int = 0


def start_of(committed: int, *, another_log: bool, earliest: int, end: int | None) -> Start:
    """What a committed offset means.

    Args:
        earliest: the first offset that can be read.
        end: the offset after the last, None where it is not known exactly.
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
    """What a request about these partitions comes to, for as long as their topics are there.

    aiokafka asks again and again about a topic that was deleted: for ever when it commits, else until its request times
    out, and two such requests hold up all others of Faust's consumer thread.

    Raises:
        UnknownTopicOrPartitionError: a topic is gone.
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
    """Faust's consumer thread: commits say of which log they are, and count for that log alone."""

    logs = Logs()

    async def seek_to_committed(self) -> Mapping[TP, int | None]:  # type: ignore[override]  # as it is in Faust
        """Go to the committed offsets that count; None for the partitions without."""
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
                logger.warning("%s, partition %d: the committed offset is %s", *tp, _SAID[start.because])
            if start.lost and start.offset is not None:
                self.logs.expired(tp, start.lost)
                await self._commit({tp: start.offset})  # so that they are counted once
            found[tp] = start.offset
            if start.offset:
                consumer.seek(place, start.offset)
        return found

    async def _starts(
        self, consumer: AIOKafkaConsumer, committed: Mapping[TopicPartition, OffsetAndMetadata]
    ) -> dict[TopicPartition, Start]:
        there = [place for place in committed if consumer.partitions_for_topic(place.topic)]
        if not there:
            return {}
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
        """Commit; False where the partitions have moved, or the topic is gone."""
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
        except (CommitFailedError, UnknownTopicOrPartitionError):  # the group has rebalanced, or the topic is gone
            return False
        except Exception as error:
            logger.exception("the commit failed")
            await self.crash(error)
            return False
        return True


_SAID = {
    "another log": "of another log of this name; this one is read from its beginning",
    "expired": "of a record that is gone",
    "beyond the end": "beyond the end of the log, which is read from its beginning",
}
