"""Refusals of a broker that are about single records: they cost these records, and no other.

A broker refuses a whole batch for one record that is too large or invalid, and aiokafka (0.14) then fails every record
of that batch, and every later batch of that partition: an idempotent producer counts the records that it sent, and the
broker misses the refused ones (OutOfOrderSequenceNumber). Here a refused batch gives its numbers back, as Java's client
does, and is halved until the record at fault is alone. The halves go out before everything that waits for the same
partition, so the order stays. A batch that was sent before without an answer may have been written then: nobody knows
which numbers are free, so the producer begins anew under another id. The same holds for what a user may not write
(TopicAuthorizationFailed), which fails as a whole: later batches pass once the right is granted again. Pinned by
tests/unit/streams/transport/test_refused_records.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import aiokafka.producer.sender as aiokafka_sender
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.producer.message_accumulator import MessageAccumulator, MessageBatch
from aiokafka.producer.sender import SendProduceReqHandler
from aiokafka.producer.transaction_manager import (
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    PidAndEpoch,
    TransactionManager,
)
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.structs import TopicPartition

from detectors.user_error import UserError

TOO_LARGE = {10: "MESSAGE_TOO_LARGE", 18: "RECORD_LIST_TOO_LARGE"}
FORBIDDEN = 29
INVALID = {32: "INVALID_TIMESTAMP", 87: "INVALID_RECORD"}
#: Kafka's error codes that are about records, and not about a topic, a user, or a broker.
REFUSALS = TOO_LARGE | INVALID
#: From this version on, a broker's answer has a message of its own.
_WITH_MESSAGE = 8


class RecordRefusedError(UserError):
    """A record that the broker refuses, whatever travels with it: Kafka's code, topic, partition and packed size."""

    def __init__(self, code: int, topic: str, partition: int, size: int, said: str = "") -> None:
        self.code = code
        self.topic = topic
        self.partition = partition
        self.size = size
        self.said = said
        because = f": {said}" if said else ""
        super().__init__(f"{topic} refuses a record of {size:,} bytes, compressed ({REFUSALS[code]}{because})")

    @property
    def too_large(self) -> bool:
        """Whether it is the size; otherwise the broker finds the record invalid."""
        return self.code in TOO_LARGE


class Handler(SendProduceReqHandler):  # type: ignore[misc]
    """Handles the answer to a produce request: what is refused is split, all else is aiokafka's."""

    def __init__(self, sender: Any, batches: dict[TopicPartition, MessageBatch]) -> None:
        super().__init__(sender, dict(batches))  # the sender needs its own whole to know what has been answered

    def handle_response(self, response: Any) -> None:
        """Take out the refused batches, and leave the others to aiokafka."""
        for topic, partitions in response.topics:
            for partition, code, *rest in partitions:
                tp = TopicPartition(topic, partition)
                batch = self._batches.get(tp)
                if batch is not None and code == FORBIDDEN:
                    del self._batches[tp]
                    self._give_back(batch)
                    batch.failure(TopicAuthorizationFailedError(topic))
                elif batch is not None and code in REFUSALS:
                    del self._batches[tp]
                    said = rest[-1] if response.API_VERSION >= _WITH_MESSAGE else ""
                    self._refused(batch, code, said or "")
        super().handle_response(response)

    def _give_back(self, batch: MessageBatch) -> None:
        """Free the sequence numbers of a batch that was not written."""
        numbers = self._sender._txn_manager  # noqa: SLF001
        if numbers is not None and batch.retry_count == 1:
            numbers.increment_sequence_number(batch.tp, -batch.record_count)
        elif numbers is not None:
            _begin_anew(numbers)

    def _refused(self, batch: MessageBatch, code: int, said: str) -> None:
        sender = self._sender
        self._give_back(batch)
        if batch.record_count > 1:
            _split(sender._message_accumulator, batch)  # noqa: SLF001
            return
        size = len(batch.get_data_buffer())
        for future, _ in batch._msg_futures:  # noqa: SLF001
            if not future.done():
                future.set_exception(RecordRefusedError(code, batch.tp.topic, batch.tp.partition, size, said))
        batch.done_noack()


def _begin_anew(numbers: TransactionManager) -> None:
    """Let the sender ask for another producer id before its next batch; batches on their way keep the old one."""
    numbers._pid_and_epoch = PidAndEpoch(NO_PRODUCER_ID, NO_PRODUCER_EPOCH)  # noqa: SLF001
    numbers._pid_waiter = asyncio.get_running_loop().create_future()  # noqa: SLF001
    numbers._sequence_numbers.clear()  # noqa: SLF001


def _split(accumulator: MessageAccumulator, batch: MessageBatch) -> None:
    """Put the two halves of a batch in front of what waits for its partition; its records wait for them."""
    records = list(DefaultRecordBatch(bytes(batch.get_data_buffer())))
    waiting = batch._msg_futures  # noqa: SLF001
    middle = len(records) // 2
    halves = [
        _batch(accumulator, batch.tp, records[part], [future for future, _ in waiting[part]])
        for part in (slice(middle), slice(middle, None))
    ]
    batch._msg_futures = []  # noqa: SLF001
    accumulator._batches[batch.tp].extendleft(reversed(halves))  # noqa: SLF001

    def settled(_: object) -> None:  # whoever flushes waits for the whole batch
        if all(half.future.done() for half in halves) and not batch.future.done():
            batch.done_noack()

    for half in halves:
        half.future.add_done_callback(settled)


def _batch(
    accumulator: MessageAccumulator, tp: TopicPartition, records: Sequence[Any], waiting: Sequence[asyncio.Future[Any]]
) -> MessageBatch:
    builder = accumulator.create_builder()
    batch = MessageBatch(tp, builder, accumulator._batch_ttl, 0)  # noqa: SLF001
    for record, future in zip(records, waiting, strict=True):
        metadata = builder.append(
            timestamp=record.timestamp, key=record.key, value=record.value, headers=record.headers
        )
        batch._msg_futures.append((future, metadata))  # noqa: SLF001
    builder.close()  # nothing joins it
    return batch


def install() -> None:
    """Make aiokafka's producers handle refusals by this module, in the whole process."""
    aiokafka_sender.SendProduceReqHandler = Handler
