"""Following alert topics: decoded alerts, each revision once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

import msgspec
from kafka import KafkaConsumer

from detectors.alert import Alert
from streams.clients import TopicUnreadableError, require_topics
from streams.clients import consumer as make_consumer
from streams.settings import Settings

#: So many (id, revision) are remembered to tell what was sent twice.
MAX_REMEMBERED = 100_000


class Received(msgspec.Struct, frozen=True):
    """An alert as it was read: from which topic, and where it stood."""

    topic: str
    partition: int
    offset: int
    alert: Alert


class Subscription:
    """A consumer of alert topics; a context manager and an iterator.

    Args:
        topics: names without the settings' prefix; with ``from_beginning`` all that they still hold is read first.
        group: consumer group whose offsets are committed; without one every run stands alone.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicUnreadableError: a topic is not there, or not for this user.
    """

    def __init__(
        self, settings: Settings, topics: Sequence[str], *, from_beginning: bool = False, group: str | None = None
    ) -> None:
        self._decoder = msgspec.json.Decoder(Alert)
        self._seen: OrderedDict[tuple[str, str, int], None] = OrderedDict()
        self.undecodable = 0
        self._consumer: KafkaConsumer = make_consumer(
            settings,
            *(settings.topic(topic) for topic in topics),
            group_id=group,
            auto_offset_reset="earliest" if from_beginning else "latest",
            enable_auto_commit=group is not None,
        )
        try:
            require_topics(self._consumer, *map(settings.topic, topics))
        except TopicUnreadableError:
            self._consumer.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def __iter__(self) -> Iterator[Received]:
        while True:
            yield from self.poll(1.0)

    def poll(self, seconds: float) -> list[Received]:
        """What arrives within ``seconds``, without what was seen before."""
        found: list[Received] = []
        for records in self._consumer.poll(timeout_ms=int(seconds * 1000)).values():
            for record in records:
                if record.value is None:  # compacted away
                    continue
                try:
                    alert = self._decoder.decode(record.value)
                except msgspec.MsgspecError:
                    self.undecodable += 1
                    continue
                if self._is_new(record.topic, alert):
                    found.append(Received(record.topic, record.partition, record.offset, alert))
        return found

    def _is_new(self, topic: str, alert: Alert) -> bool:
        key = (topic, alert.id, alert.revision)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
        return True
