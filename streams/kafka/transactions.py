"""Kafka transactions of one kafka-python producer: readers see everything that was sent in one, or nothing.

A transactional id belongs to the producer that initialised it last: the brokers abort what an earlier producer left
open, and fence it. kafka-python (3.0.12) waits for the end of a transaction without a timeout, reports being fenced in
several ways, and has wrong sequence numbers after a record was rejected. So ends of transactions have a timeout here,
and any failure requires a new :class:`Transactions`. Pinned by
tests/integration/streams/dead_letters/test_replay.py.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from types import TracebackType
from typing import Any, Self

from kafka.errors import KafkaError, KafkaTimeoutError

from streams.kafka.clients import producer
from streams.kafka.refused_records import refusal_of
from streams.settings import Settings

logger = logging.getLogger(__name__)

#: What is sent may be larger than a request before it is packed: the broker's limit is on what is packed.
MAX_UNPACKED_BYTES = 2**30
#: The brokers abort a transaction that is open for longer (they check every 10 s); until then it blocks readers of
#: committed records.
OPEN_SECONDS = 30
#: Timeout for the brokers' acknowledgement of each record and of the end of a transaction.
WAIT_SECONDS = 60.0
CLOSE_SECONDS = 10.0

_SHUT_OUT = ("ProducerFencedError", "InvalidProducerEpochError")
_FORBIDDEN = "TransactionalIdAuthorizationFailedError"
_UNKNOWN = ("UnsupportedVersionError", "InvalidRequestError")


class TransactionError(RuntimeError):
    """A transaction that was aborted, or that cannot begin; the message says why."""


class ForbiddenError(TransactionError):
    """This user may not use the transactional id."""


class TakenOverError(TransactionError):
    """Another producer has initialised the same transactional id and fenced this one."""


class TooSlowError(TransactionError):
    """The brokers aborted the transaction because it was open too long."""


class Transactions:
    """Runs transactions one after the other under a transactional id; a context manager.

    ``atomic`` is False if the brokers do not support transactions: then a warning is logged, and each record is
    visible on its own.

    Raises, when entered:
        BrokerUnreachableError: no broker answers.
        ForbiddenError: this user may not use the id.
        TransactionError: no broker coordinates the transactions.
        KafkaError: the brokers refuse for another reason.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._sent: list[Any] = []
        self._open = False
        self.atomic = True

    def __enter__(self) -> Self:
        """Fence an earlier producer with this id, and wait until its open transaction has ended."""
        self._start(
            transactional_id=self._name,
            transaction_timeout_ms=OPEN_SECONDS * 1000,
            max_block_ms=int(WAIT_SECONDS * 1000),
        )
        try:
            self._producer.init_transactions()
        except KafkaError as error:
            self.close()
            if _says(error, _FORBIDDEN):
                raise ForbiddenError(f"this user may not write in transactions as {self._name!r}") from None
            if isinstance(error, KafkaTimeoutError):
                raise TransactionError(
                    f"no broker coordinates the transactions of {self._name!r}; is "
                    "transaction.state.log.replication.factor higher than the number of brokers?"
                ) from None
            if not _says(error, *_UNKNOWN):
                raise
            logger.warning("these brokers do not support transactions: a crash or a second run may send a record twice")
            self.atomic = False
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Abort an open transaction, and close."""
        self.close()

    def close(self) -> None:
        """Abort an open transaction, so that it blocks no reader; close the producer."""
        with suppress(KafkaError):
            if self._open:
                self._open = False
                _within(CLOSE_SECONDS, self._producer.abort_transaction)
        with suppress(KafkaError):
            self._producer.close(timeout=CLOSE_SECONDS)
        logging.getLogger("kafka.producer").setLevel(logging.NOTSET)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is sent within at the end of the block, or nothing if an error leaves it.

        Raises:
            TakenOverError: another producer has initialised this id.
            TooSlowError: the transaction was open too long.
            TransactionError: the brokers did not say whether they committed it.
            KafkaError: the brokers refuse for another reason.
        """
        begun = time.monotonic()
        self._sent.clear()
        try:
            if self.atomic:
                self._producer.begin_transaction()
                self._open = True
            yield
            if self.atomic:
                self._end()
        except KafkaError as error:
            failures = (*self._failures(), error)
            if not any(_says(one, *_SHUT_OUT) for one in failures):
                # The others follow from it; a refused record also fails those of its batch, by another error.
                raise next((one for one in failures if refusal_of(one) is not None), failures[0]) from None
            self._open = False
            if time.monotonic() - begun >= OPEN_SECONDS:
                raise TooSlowError(f"a transaction was open for more than {OPEN_SECONDS} s") from error
            raise TakenOverError(f"another producer has taken over transactional id {self._name!r}") from error

    def send(self, topic: str, **options: Any) -> Any:
        """Send as kafka-python does: returns a future for the record's offset."""
        future = self._producer.send(topic, **options)
        self._sent.append(future)
        return future

    def partitions(self, topic: str) -> set[int]:
        """The numbers of a topic's partitions."""
        return set(self._producer.partitions_for(topic))

    def _start(self, **options: Any) -> None:
        self._producer = producer(self._settings, max_request_size=MAX_UNPACKED_BYTES, **options)
        # kafka-python logs each failure in addition to the error that it raises.
        log = logging.getLogger("kafka.producer")
        if not log.isEnabledFor(logging.INFO):
            log.setLevel(logging.CRITICAL)

    def _end(self) -> None:
        try:
            _within(WAIT_SECONDS, self._producer.commit_transaction)
        except KafkaTimeoutError:
            self._open = False  # its state is unknown, and it can no longer be aborted
            raise TransactionError(
                f"the brokers did not say within {WAIT_SECONDS:.0f} s whether the last transaction was committed"
            ) from None
        self._open = False

    def _failures(self) -> Iterator[KafkaError]:
        return (future.exception for future in self._sent if future.is_done and future.failed())


def _within(seconds: float, end: Callable[[], None]) -> None:
    """Give a call that waits for the brokers a timeout; raises what the call raises, and KafkaTimeoutError."""
    failed: list[KafkaError] = []

    def run() -> None:
        try:
            end()
        except KafkaError as error:
            failed.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if thread.is_alive():
        raise KafkaTimeoutError(f"no answer within {seconds:.0f} s")


def _says(error: BaseException, *kinds: str) -> bool:
    """Whether an error is of one of these kinds or names it: kafka-python may give the cause only as text."""
    return any(kind in repr(error) for kind in kinds)
