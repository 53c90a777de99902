"""A run of ``dead replay``: letters are put back in batches, and each batch with its marks in one Kafka transaction.

The marks say what was put back (module ``marks``). Whoever reads what is committed, as workers do, gets the records
and the marks of a batch, or neither: a run that was killed at any moment has put back none of its last batch, and the
next one does. All runs of a deployment write under one transactional id, and read the marks after they began under it:
so an earlier run that still goes on is shut out first, and what it had put back is known. Brokers without transactions
get letter and mark one by one; there a crash between the two leads to a second sending, of the same article.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from kafka.errors import (
    InvalidRecordError,
    InvalidTimestampError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from detectors.user_error import UserError
from streams.dead_letters.letters import StoredLetter, origin
from streams.dead_letters.marks import Replay, Replays, read_replays
from streams.kafka.clients import NULL
from streams.kafka.topics import ARTICLES, OBSERVATIONS, REPLAYED, ensure_topics, topic_specs
from streams.kafka.transactions import WAIT_SECONDS, ForbiddenError, TakenOverError, TransactionError, Transactions
from streams.settings import Settings

#: A batch has at most so many letters, and no more than so many bytes where it is not one letter alone.
BATCH = 500
BATCH_BYTES = 16 * 1024 * 1024
#: A record that is put back keeps its Kafka time, which an undated article takes for its arrival, when it is no older;
#: else it arrives anew: with an old time the broker could delete it, by the topic's retention, before it is read.
KEPT_TIME = timedelta(days=1)
#: Errors that are about one record, and leave the others to be put back.
REFUSED = (InvalidRecordError, InvalidTimestampError, MessageSizeTooLargeError, RecordListTooLargeError)


class ForeignLetterError(UserError):
    """A dead letter that names a topic which is none of this deployment's; the message says which."""


class ReplayEndedError(UserError):
    """A replay that could not go on, with nothing lost and nothing twice; the message says why, and what to do."""


def check_origins(settings: Settings, letters: Iterable[StoredLetter]) -> None:
    """Refuse letters that do not come from this deployment: whoever can write dead letters must not choose a topic.

    Raises:
        ForeignLetterError: the first of them.
    """
    own = [settings.topic(ARTICLES), settings.topic(OBSERVATIONS)]
    for letter in letters:
        if letter.topic not in own:
            named = f"topic {letter.topic!r}" if letter.topic else "no topic"
            raise ForeignLetterError(
                f"dead letter {letter.id} names {named} as its origin; expected {' or '.join(own)}. Leave it out, "
                "for example with --topic"
            )


def replay(settings: Settings, letters: Sequence[StoredLetter], *, again: bool = False) -> Iterator[Replay]:
    """Put the original bytes, key and headers back on the topic and partition that they came from.

    Yields each one once it is there, with its mark, for all who read what is committed. ``letters`` must be read before
    this is called: one that returned meanwhile must not be read without the mark that tells it.

    Args:
        again: also those that were put back already, or died again since.

    Raises:
        ForeignLetterError: one does not come from this deployment; nothing was sent.
        TopicsMissingError: the topic of marks is missing and may not be made.
        ReplayEndedError: another replay has taken over, this user may not write so, or the brokers refuse a record by
            itself (then the others were put back).
        KafkaError: the brokers refuse for another reason.
    """
    marks = [spec for spec in topic_specs(settings) if spec.name == settings.topic(REPLAYED)]
    ensure_topics(settings, marks, create=settings.create_topics)
    run = _Run(settings, letters, again=again)
    try:
        yield from run.put_back()
    except TakenOverError:
        so_far = "another replay runs, and has taken over"
        remedy = "what that one leaves, the same command puts back when it has ended"
        raise ReplayEndedError(f"{so_far}; {run.done} dead letters were put back before; {remedy}") from None
    except ForbiddenError as error:
        raise ReplayEndedError(f"{error}; `newswatch topics grant operator USER` gives the right to") from None
    except TransactionError as error:
        remedy = "the same command puts back what is left"
        raise ReplayEndedError(f"{error}; {run.done} dead letters were put back before; {remedy}") from None


class _Run:
    """What is still to be put back, and what the brokers have refused."""

    def __init__(self, settings: Settings, letters: Sequence[StoredLetter], *, again: bool) -> None:
        self._settings = settings
        self._letters = letters
        self._again = again
        self._refused: list[str] = []
        self.done = 0

    def put_back(self) -> Iterator[Replay]:
        batches: deque[Sequence[StoredLetter]] | None = None
        while batches is None or batches:
            with Transactions(self._settings, self._settings.topic(REPLAYED)) as transactions:
                known = read_replays(self._settings)
                if batches is None:
                    pending = known.pending(self._letters, again=self._again)
                    check_origins(self._settings, pending)
                    batches = deque(in_batches(pending, BATCH if transactions.atomic else 1))
                yield from self._through(batches, transactions, known)
        if self._refused:
            raise ReplayEndedError(
                f"the brokers refuse {len(self._refused)} dead letters, the first of them {self._refused[0]}; "
                f"{self.done} were put back"
            )

    def _through(
        self, batches: deque[Sequence[StoredLetter]], transactions: Transactions, known: Replays
    ) -> Iterator[Replay]:
        """One batch after the other, until a record is refused: then its batch is halved, and all begins anew."""
        while batches:
            batch = batches.popleft()
            # Another replay may have put some back, between an end of ours and its new beginning.
            batch = [one for one in batch if self._again or known.state(one) == "open"]
            if not batch:
                continue
            try:
                put_back = _put_back(transactions, self._settings, batch, known)
            except REFUSED as error:
                half = len(batch) // 2
                if half:
                    batches.extendleft((batch[half:], batch[:half]))
                else:
                    self._refused.append(f"{batch[0].id}: {error}")
                return
            self.done += len(put_back)
            yield from put_back


def in_batches(letters: Iterable[StoredLetter], most: int) -> Iterator[Sequence[StoredLetter]]:
    """At most so many at once, and no more than ``BATCH_BYTES`` where it is not one alone."""
    batch: list[StoredLetter] = []
    size = 0
    for letter in letters:
        own = len(letter.value or b"")
        if batch and (len(batch) == most or size + own > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += own
    if batch:
        yield batch


def _put_back(
    transactions: Transactions, settings: Settings, batch: Sequence[StoredLetter], known: Replays
) -> list[Replay]:
    oldest = (datetime.now(UTC) - KEPT_TIME).timestamp() * 1000
    done: list[Replay] = []
    with transactions.transaction():
        sent = [
            transactions.send(
                letter.topic,
                key=NULL if letter.key is None else letter.key,
                value=letter.value,
                headers=letter.headers,
                partition=letter.from_partition
                if letter.from_partition in transactions.partitions(letter.topic)
                else None,
                timestamp_ms=letter.timestamp if letter.timestamp is not None and letter.timestamp > oldest else None,
            )
            for letter in batch
        ]
        for letter, future in zip(batch, sent, strict=True):
            place = future.get(timeout=WAIT_SECONDS)
            done.append(
                Replay(
                    root=known.root(letter),
                    origin=origin(place.topic, place.partition, place.offset, letter.value),
                    letter=letter.id,
                    topic=place.topic,
                    partition=place.partition,
                    offset=place.offset,
                    time=datetime.now(UTC),
                )
            )
        marks = [
            transactions.send(settings.topic(REPLAYED), key=one.origin.encode(), value=msgspec.json.encode(one))
            for one in done
        ]
        for mark in marks:
            mark.get(timeout=WAIT_SECONDS)
    return done
