"""Putting dead letters back where they came from, once.

What was put back is remembered on ``articles.dead.replayed``: for each letter, where its record stands now. So the
record itself is the original's, byte for byte, with nothing added, and a second replay does nothing. A record that
dies again where it was put is known by its place: it is *returned*, and is put back once more only when asked for, so
that replaying in a loop (a cron job) does not make one bad record into many. A crash between the sending and its mark
leads to a second sending: the same article under the same id, so the same alerts. Marks are kept for longer than
letters are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec
from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from streams.clients import NULL
from streams.clients import producer as make_producer
from streams.dead_letters import State, StoredLetter, origin, read_partition, reader
from streams.settings import Settings
from streams.topics import ARTICLES, OBSERVATIONS, REPLAYED, ensure_topics, topic_specs

SEND_SECONDS = 60.0
#: So many are sent before their marks are; a crash sends no more than these again.
BATCH = 500
#: A record that is put back keeps its Kafka time, which an undated article takes for its arrival, when it is no older;
#: else it arrives anew: with an old time the broker could delete it, by the topic's retention, before it is read.
KEPT_TIME = timedelta(days=1)


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """One record that was put back: of which letter, where it stands now, and when that was.

    ``root`` is the origin of the first letter, where a returned one was put back again; ``origin`` is what a letter
    will have for its origin when the record dies again.
    """

    root: str
    origin: str
    letter: str
    topic: str
    partition: int
    offset: int
    time: datetime


class Replays:
    """What was put back so far."""

    def __init__(self, replays: Iterable[Replay] = ()) -> None:
        self._roots: dict[str, Replay] = {}
        self._put_back: dict[str, Replay] = {}
        for replay in replays:
            self.add(replay)

    def add(self, replay: Replay) -> None:
        """Remember one more."""
        self._roots[replay.root] = replay
        self._put_back[replay.origin] = replay

    def root(self, letter: StoredLetter) -> str:
        """The origin of the first letter that this one goes back to; its own, where it was never put back."""
        before = self._put_back.get(letter.origin)
        return before.root if before is not None else letter.origin

    def state(self, letter: StoredLetter) -> State:
        """What became of a letter."""
        if letter.origin in self._put_back:
            return "returned"
        return "replayed" if letter.origin in self._roots else "open"

    def pending(self, letters: Iterable[StoredLetter], *, again: bool = False) -> list[StoredLetter]:
        """Those to be put back: the open ones; ``again``: also the others, the newest of each root."""
        newest: dict[str, StoredLetter] = {}
        for letter in letters:
            if again or self.state(letter) == "open":
                root = self.root(letter)
                newest[root] = max(newest.get(root, letter), letter, key=lambda one: one.time)
        return list(newest.values())


class ForeignLetterError(ValueError):
    """A dead letter that names a topic which is none of this deployment's; the message says which."""


def read_replays(settings: Settings) -> Replays:
    """What was put back so far; nothing where the topic is not there.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    consumer = reader(settings)
    found = Replays()
    try:
        topic = settings.topic(REPLAYED)
        for number in sorted(consumer.partitions_for_topic(topic) or ()):
            for record in read_partition(consumer, TopicPartition(topic, number)):
                if record.value is not None:
                    found.add(msgspec.json.decode(record.value, type=Replay))
    finally:
        consumer.close()
    return found


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


def replay(settings: Settings, letters: Sequence[StoredLetter], known: Replays) -> Iterator[Replay]:
    """Put the original bytes, key and headers back on the topic and partition that they came from.

    Yields each one once the broker has it and its mark.

    Raises:
        ForeignLetterError: one does not come from this deployment; nothing was sent.
        TopicsMissingError: the topic of marks is missing and may not be made.
        KafkaError: the broker refuses.
    """
    check_origins(settings, letters)
    if not letters:
        return
    marks = [spec for spec in topic_specs(settings) if spec.name == settings.topic(REPLAYED)]
    ensure_topics(settings, marks, create=settings.create_topics)
    sender = make_producer(settings)
    try:
        waiting = iter(letters)
        while batch := list(islice(waiting, BATCH)):
            yield from _put_back(sender, settings, batch, known)
    finally:
        sender.close()


def _put_back(sender: KafkaProducer, settings: Settings, batch: Sequence[StoredLetter], known: Replays) -> list[Replay]:
    sent = []
    oldest = (datetime.now(UTC) - KEPT_TIME).timestamp() * 1000
    refused: Exception | None = None
    for letter in batch:
        partitions = sender.partitions_for(letter.topic)
        try:
            future = sender.send(
                letter.topic,
                key=NULL if letter.key is None else letter.key,
                value=letter.value,
                headers=letter.headers,
                partition=letter.from_partition if letter.from_partition in partitions else None,
                timestamp_ms=letter.timestamp if letter.timestamp is not None and letter.timestamp > oldest else None,
            )
        except KafkaError as error:  # too large, say: refused before it is sent
            refused = refused or error
            continue
        sent.append((letter, future))
    done: list[Replay] = []
    for letter, future in sent:
        try:
            metadata = future.get(timeout=SEND_SECONDS)
        except KafkaError as error:  # the marks of the others must be written all the same
            refused = refused or error
            continue
        done.append(
            Replay(
                root=known.root(letter),
                origin=origin(metadata.topic, metadata.partition, metadata.offset, letter.value),
                letter=letter.id,
                topic=metadata.topic,
                partition=metadata.partition,
                offset=metadata.offset,
                time=datetime.now(UTC),
            )
        )
    marks = [
        sender.send(settings.topic(REPLAYED), key=one.origin.encode(), value=msgspec.json.encode(one)) for one in done
    ]
    for mark in marks:
        mark.get(timeout=SEND_SECONDS)
    if refused is not None:
        raise refused
    return done
