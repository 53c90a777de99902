"""A run of ``dead replay``: sends letters back in batches, each batch with its marks in one Kafka transaction.

The marks say what was replayed (module ``marks``). Readers of committed records, such as workers, see the records and
marks of a batch, or neither: a run that is killed at any moment has replayed nothing of its last batch, and the next
run replays it. All runs of a deployment write under one transactional id, and read the marks after they initialise it:
this fences an earlier run that still goes on, and what it replayed is known. Brokers without transactions get each
record and its mark separately; a crash between the two sends the same article again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from kafka import KafkaConsumer
from kafka.errors import KafkaError

from detectors.user_error import UserError
from streams.dead_letters.letters import StoredLetter, origin, read_whole, reader
from streams.dead_letters.marks import Replay, Replays, read_replays
from streams.dead_letters.obstacles import obstacle
from streams.kafka.clients import NULL
from streams.kafka.null_headers import sendable
from streams.kafka.refused_records import refusal_of
from streams.kafka.topic_limits import TopicLimits
from streams.kafka.topics import REPLAYED, ensure_topics, topic_specs
from streams.kafka.transactions import WAIT_SECONDS, ForbiddenError, TakenOverError, TransactionError, Transactions
from streams.settings import Settings

#: Limits of a batch: number of letters, and bytes unless it is a single letter.
BATCH = 500
BATCH_BYTES = 16 * 1024 * 1024
#: On a topic that producers stamp, a replayed record keeps its Kafka timestamp, the arrival of an undated article,
#: unless it is older than this: otherwise the topic's retention could delete the record before it is read. With
#: LogAppendTime, an undated article arrives when it is replayed, so that it is not late.
KEPT_TIME = timedelta(days=1)


class ReplayEndedError(UserError):
    """A replay that stopped early, without loss or duplicates; the message says why, and what to do."""


def replayable(
    settings: Settings, letters: Iterable[StoredLetter], present: Collection[str], refuse: Callable[[str], None]
) -> list[StoredLetter]:
    """Those of the letters that can be replayed; calls ``refuse`` with the reason and the remedy of each other one."""
    found = []
    for letter in letters:
        why = obstacle(settings, letter, present)
        if why is None:
            found.append(letter)
        else:
            refuse(f"dead letter {letter.id}: not replayed: {why}")
    return found


def replay(
    settings: Settings, letters: Sequence[StoredLetter], refuse: Callable[[str], None], *, again: bool = False
) -> Iterator[Replay]:
    """Send the original bytes, key and headers back to the topic and partition that they came from.

    Yields each record once it and its mark are committed. Read ``letters`` before calling this: otherwise a letter that
    returns meanwhile could be read without its mark. They may be outlines: their content is read again for each batch.

    Args:
        refuse: called with each letter that cannot be replayed, or that its topic refuses: why, and what to do.
        again: also replay letters that were already replayed, or failed again since.

    Raises:
        TopicsMissingError: the topic of marks is missing and may not be created.
        ReplayEndedError: another replay has taken over, this user lacks the right, or ``refuse`` was called (all others
            were replayed).
        KafkaError: the brokers refuse for another reason.
    """
    marks = [spec for spec in topic_specs(settings) if spec.name == settings.topic(REPLAYED)]
    ensure_topics(settings, marks, create=settings.create_topics)
    run = _Run(settings, letters, refuse, again=again)
    try:
        yield from run.put_back()
    except TakenOverError:
        so_far = "another replay has taken over"
        remedy = "when it has ended, run the same command again for what it left"
        raise ReplayEndedError(f"{so_far}; {run.done} dead letters were replayed before; {remedy}") from None
    except ForbiddenError as error:
        raise ReplayEndedError(f"{error}; grant the right with `newswatch topics grant operator USER`") from None
    except TransactionError as error:
        remedy = "run the same command again for the rest"
        raise ReplayEndedError(f"{error}; {run.done} dead letters were replayed before; {remedy}") from None


class _Run:
    """One run: the letters still to replay, and how many were and were not."""

    def __init__(
        self, settings: Settings, letters: Sequence[StoredLetter], refuse: Callable[[str], None], *, again: bool
    ) -> None:
        self._settings = settings
        self._letters = letters
        self._again = again
        self._told = refuse
        self._limits = TopicLimits(settings)
        self._refused = 0
        self.done = 0

    def put_back(self) -> Iterator[Replay]:
        consumer = reader(self._settings, check_crcs=False)
        try:
            yield from self._in_transactions(consumer)
        finally:
            consumer.close()

    def _in_transactions(self, consumer: KafkaConsumer) -> Iterator[Replay]:
        batches: deque[Sequence[StoredLetter]] | None = None
        while batches is None or batches:
            with Transactions(self._settings, self._settings.topic(REPLAYED)) as transactions:
                known = read_replays(self._settings)
                if batches is None:
                    pending = replayable(
                        self._settings,
                        known.pending(self._letters, again=self._again),
                        consumer.topics(),
                        self._refuse,
                    )
                    pending.sort(key=lambda letter: (letter.partition, letter.offset))  # as they are read
                    batches = deque(in_batches(pending, BATCH if transactions.atomic else 1))
                yield from self._through(batches, transactions, known, consumer)
        if self._refused:
            raise ReplayEndedError(f"{self._refused} of the dead letters not replayed, see above; {self.done} were")

    def _refuse(self, said: str) -> None:
        self._refused += 1
        self._told(said)

    def _through(
        self,
        batches: deque[Sequence[StoredLetter]],
        transactions: Transactions,
        known: Replays,
        consumer: KafkaConsumer,
    ) -> Iterator[Replay]:
        """Send the batches in order until a record is rejected: then halve its batch and return, to start again."""
        while batches:
            batch = batches.popleft()
            # Another run may have replayed some of them between two of our producers.
            batch = [one for one in batch if self._again or known.state(one) == "open"]
            if not batch:
                continue
            whole = list(read_whole(consumer, self._settings, batch))
            try:
                put_back = _put_back(transactions, self._settings, whole, known) if whole else []
            except KafkaError as error:
                refusal = refusal_of(error)
                if refusal is None:
                    raise
                half = len(batch) // 2
                if half:
                    batches.extendleft((batch[half:], batch[:half]))
                else:
                    why = self._limits.explained(batch[0].topic, refusal, batch[0].size)
                    self._refuse(f"dead letter {batch[0].id}: not replayed: {why}")
                return
            self.done += len(put_back)
            yield from put_back


def in_batches(letters: Iterable[StoredLetter], most: int) -> Iterator[Sequence[StoredLetter]]:
    """Split letters into batches of at most ``most`` letters and ``BATCH_BYTES``, unless a single letter is larger."""
    batch: list[StoredLetter] = []
    size = 0
    for letter in letters:
        own = letter.size
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
                headers=sendable(letter.headers),
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
