"""Records that a broker refuses for what they are: too large for their topic, or invalid there.

A refusal costs its record, and no other. kafka-python (3.0.12) takes the refusal of one record for the end of an
idempotent producer: it fails everything behind the record, and what is on its way to other brokers. It halves a batch
that is too large, but not one that is invalid for one of its records. Here every refused batch is halved until the
record at fault is alone; then this record fails, gives its sequence number back, and the others follow. Nothing else of
its partition is on its way then: an idempotent producer of kafka-python sends one batch of a partition at a time. After
a retry the record may have been written before, and its number with it: the producer continues in a new epoch. Pinned
by tests/integration/streams/sources/test_ingest.py.
"""

from __future__ import annotations

from typing import Any

from kafka import KafkaProducer
from kafka.errors import (
    InvalidRecordError,
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from kafka.producer.transaction_manager import TransactionManager

#: kafka-python's errors about a record, and not about a topic, a user or a broker; with Kafka's own names.
REFUSALS: dict[type[KafkaError], str] = {
    MessageSizeTooLargeError: "MESSAGE_TOO_LARGE",
    RecordListTooLargeError: "RECORD_LIST_TOO_LARGE",
    InvalidTimestampError: "INVALID_TIMESTAMP",
    InvalidRecordError: "INVALID_RECORD",
}


def refusal_of(error: BaseException) -> str | None:
    """Kafka's name of a refusal; None for an error that is not about a record."""
    return REFUSALS.get(type(error))


def install(producer: KafkaProducer) -> None:
    """Make a producer go on behind a refused record. A transaction fails as before, for it is written whole or not."""
    sender, numbers = producer._sender, producer._transaction_manager  # noqa: SLF001 - it has no public way
    can_split = sender._can_split  # noqa: SLF001

    def can_split_refused(batch: Any, error: type[BaseException]) -> bool:
        return bool(can_split(batch, MessageSizeTooLargeError if error in REFUSALS else error))

    sender._can_split = can_split_refused  # noqa: SLF001
    if numbers is None or numbers.is_transactional():
        return
    classify = numbers.classify_batch_error

    def classify_refused(error: BaseException, batch: Any, log_start_offset: int = -1) -> Any:
        if refusal_of(error) is None:
            return classify(error, batch, log_start_offset=log_start_offset)
        if not batch.in_retry():
            numbers.set_sequence_number(batch.topic_partition, batch.base_sequence)
            return TransactionManager.ERROR_CLASS_RETRIABLE  # fails this batch, and leaves the producer as it is
        if numbers._supports_epoch_bump():  # noqa: SLF001
            return TransactionManager.ERROR_CLASS_NEEDS_EPOCH_BUMP
        return TransactionManager.ERROR_CLASS_NEEDS_PRODUCER_ID_RESET

    numbers.classify_batch_error = classify_refused
