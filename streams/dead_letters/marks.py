"""The state of dead letters: the marks of those that were replayed (module ``replay``).

``articles.dead.replayed`` holds a mark for each replayed letter, with the position of the replayed copy. So the copy is
the original, byte for byte, with nothing added, and a second replay does nothing. A copy that fails again is recognised
by its position: its letter is *returned*, and is replayed again only on request, so that replaying in a loop (a cron
job) does not multiply a bad record. Marks are kept longer than letters.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

import msgspec
from kafka import TopicPartition

from streams.dead_letters.letters import State, StoredLetter, read_partition, reader
from streams.kafka.topics import REPLAYED
from streams.settings import Settings

logger = logging.getLogger(__name__)


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """The mark of one replayed record: its letter, the position of the copy, and the time.

    ``root`` is the origin of the first letter if a returned letter was replayed again; ``origin`` is the origin that a
    letter will have if the copy fails again.
    """

    root: str
    origin: str
    letter: str
    topic: str
    partition: int
    offset: int
    time: datetime


class Replays:
    """The records that were replayed so far."""

    def __init__(self, replays: Iterable[Replay] = ()) -> None:
        self._roots: dict[str, Replay] = {}
        self._put_back: dict[str, Replay] = {}
        for replay in replays:
            self.add(replay)

    def add(self, replay: Replay) -> None:
        """Add a replayed record."""
        self._roots[replay.root] = replay
        self._put_back[replay.origin] = replay

    def root(self, letter: StoredLetter) -> str:
        """The origin of the first letter of this record; the letter's own if it was never replayed."""
        before = self._put_back.get(letter.origin)
        return before.root if before is not None else letter.origin

    def state(self, letter: StoredLetter) -> State:
        """The state of a letter."""
        if letter.left_out:
            return "incomplete"
        if letter.origin in self._put_back:
            return "returned"
        return "replayed" if letter.origin in self._roots else "open"

    def pending(self, letters: Iterable[StoredLetter], *, again: bool = False) -> list[StoredLetter]:
        """The letters to replay: the open ones; with ``again``, also the others, the newest of each root.

        Letters without their content are left out: they would become empty records.
        """
        newest: dict[str, StoredLetter] = {}
        for letter in letters:
            state = self.state(letter)
            if state == "open" or (again and state != "incomplete"):
                root = self.root(letter)
                newest[root] = max(newest.get(root, letter), letter, key=lambda one: one.time)
        return list(newest.values())


def read_replays(settings: Settings) -> Replays:
    """The committed marks of replayed records; none if the topic does not exist.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    consumer = reader(settings)
    found = Replays()
    try:
        topic = settings.topic(REPLAYED)
        for number in sorted(consumer.partitions_for_topic(topic) or ()):
            for record in read_partition(consumer, TopicPartition(topic, number)):
                if record.value is None:
                    continue
                try:
                    found.add(msgspec.json.decode(record.value, type=Replay))
                except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                    logger.warning("%s %d:%d is no mark, skipping it: %s", topic, number, record.offset, error)
    finally:
        consumer.close()
    return found
