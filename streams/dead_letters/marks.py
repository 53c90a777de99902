"""What became of dead letters: the marks of those that were replayed (module ``replay``).

They are kept on ``articles.dead.replayed``: for each letter, where its record stands now. So the record itself is the
original's, byte for byte, with nothing added, and a second replay does nothing. A record that dies again where it was
put is known by its place: it is *returned*, and is put back once more only when asked for, so that replaying in a loop
(a cron job) does not make one bad record into many. Marks are kept for longer than letters are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from kafka import TopicPartition

from streams.dead_letters.letters import State, StoredLetter, read_partition, reader
from streams.kafka.topics import REPLAYED
from streams.settings import Settings


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
        if letter.left_out:
            return "incomplete"
        if letter.origin in self._put_back:
            return "returned"
        return "replayed" if letter.origin in self._roots else "open"

    def pending(self, letters: Iterable[StoredLetter], *, again: bool = False) -> list[StoredLetter]:
        """Those to be put back: the open ones; ``again``: also the others, the newest of each root.

        Never those without their content, which would come back as empty records.
        """
        newest: dict[str, StoredLetter] = {}
        for letter in letters:
            state = self.state(letter)
            if state == "open" or (again and state != "incomplete"):
                root = self.root(letter)
                newest[root] = max(newest.get(root, letter), letter, key=lambda one: one.time)
        return list(newest.values())


def read_replays(settings: Settings) -> Replays:
    """What was put back and committed so far; nothing where the topic is not there.

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
