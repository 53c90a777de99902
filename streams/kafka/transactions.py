"""Kafka transactions of one kafka-python producer: all that is sent in one is there for readers, or nothing is.

A transactional id belongs to whoever began under it last: the brokers then end what an earlier one left open, and take
nothing more from it. kafka-python (3.0.12) waits for the end of a transaction for ever, tells that it was shut out in
several ways, and has its sequence numbers wrong after a record was refused: so ends are waited for with a limit here,
and after any failure a new :class:`Transactions` is needed. Pinned by
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
from streams.settings import Settings

logger = logging.getLogger(__name__)

#: A transaction that is open for so long is taken back by the brokers (they look every 10 s); until then nobody who
#: reads only what is committed gets past it.
OPEN_SECONDS = 30
#: So long is waited for the brokers' word, on each record and at the end of a transaction.
WAIT_SECONDS = 60.0
CLOSE_SECONDS = 10.0

_SHUT_OUT = ("ProducerFencedError", "InvalidProducerEpochError")
_FORBIDDEN = "TransactionalIdAuthorizationFailedError"
_UNKNOWN = ("UnsupportedVersionError", "InvalidRequestError")


class TransactionError(RuntimeError):
    """A transaction that came to nothing, or that cannot be begun; the message says why."""


class ForbiddenError(TransactionError):
    """This user may not use the transactional id."""


class TakenOverError(TransactionError):
    """Somebody else has begun under the same transactional id."""


class TooSlowError(TransactionError):
    """The brokers have taken the transaction back, for it was open too long."""


class Transactions:
    """One transaction after the other under a transactional id; a context manager.

    ``atomic`` is False at brokers that know no transactions: then each record stands for itself, as is logged.

    Raises, when entered:
        BrokerUnreachableError: no broker answers.
        ForbiddenError: this user may not use the id.
        TransactionError: no broker leads the transactions.
        KafkaError: the brokers refuse for another reason.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._sent: list[Any] = []
        self._open = False
        self.atomic = True

    def __enter__(self) -> Self:
        """Wait until whoever was at it before is shut out, and what he left open is ended."""
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
                    f"no broker leads the transactions of {self._name!r}; is transaction.state.log.replication.factor "
                    "more than there are brokers?"
                ) from None
            if not _says(error, *_UNKNOWN):
                raise
            logger.warning("these brokers know no transactions: a crash or a second run may send a record twice")
            self.atomic = False
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take back what is open, and close."""
        self.close()

    def close(self) -> None:
        """Take back what is open, so that nobody waits for it; close the producer."""
        with suppress(KafkaError):
            if self._open:
                self._open = False
                _within(CLOSE_SECONDS, self._producer.abort_transaction)
        with suppress(KafkaError):
            self._producer.close(timeout=CLOSE_SECONDS)
        logging.getLogger("kafka.producer").setLevel(logging.NOTSET)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is sent within comes to be when it ends; where an error leaves it, nothing does.

        Raises:
            TakenOverError: somebody else began under this id.
            TooSlowError: it was open too long.
            TransactionError: the brokers did not say whether it came to be.
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
                raise failures[0] from None  # the others follow from it
            self._open = False
            if time.monotonic() - begun >= OPEN_SECONDS:
                raise TooSlowError(f"a transaction was open for more than {OPEN_SECONDS} s") from error
            raise TakenOverError(f"somebody else has begun as {self._name!r}") from error

    def send(self, topic: str, **options: Any) -> Any:
        """kafka-python's ``send``: gives the future of where the record stands."""
        future = self._producer.send(topic, **options)
        self._sent.append(future)
        return future

    def partitions(self, topic: str) -> set[int]:
        """The numbers of a topic's partitions."""
        return set(self._producer.partitions_for(topic))

    def _start(self, **options: Any) -> None:
        self._producer = producer(self._settings, **options)
        # It logs each failure in lines of its own, beside the error that it raises.
        log = logging.getLogger("kafka.producer")
        if not log.isEnabledFor(logging.INFO):
            log.setLevel(logging.CRITICAL)

    def _end(self) -> None:
        try:
            _within(WAIT_SECONDS, self._producer.commit_transaction)
        except KafkaTimeoutError:
            self._open = False  # whether it is, nobody knows; it cannot be taken back any more
            raise TransactionError(
                f"the brokers did not say within {WAIT_SECONDS:.0f} s whether the last transaction came to be"
            ) from None
        self._open = False

    def _failures(self) -> Iterator[KafkaError]:
        return (future.exception for future in self._sent if future.is_done and future.failed())


def _within(seconds: float, end: Callable[[], None]) -> None:
    """Run what waits for the brokers without a limit; raises what it raises, and KafkaTimeoutError."""
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
    """Whether an error is of a kind or names it: kafka-python may give the cause as text only."""
    return any(kind in repr(error) for kind in kinds)
