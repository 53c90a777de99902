"""Follow alert topics: decoded alerts, each revision once."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import msgspec
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import BrokerResponseError, CommitFailedError, KafkaError, UnknownMemberIdError

from detectors.model.alert import Alert
from streams.kafka.client_log import refusal
from streams.kafka.clients import BrokerUnreachableError, require_topics
from streams.kafka.clients import consumer as make_consumer
from streams.kafka.topic_ids import TopicIds
from streams.settings import Settings
from streams.settings.group_refusals import Membership, refused

#: How many (id, revision) pairs are kept for deduplication.
MAX_REMEMBERED = 100_000
#: Timeout for brokers that do not answer while closing (milliseconds).
CLOSE_MS = 3000
#: How often to check whether a topic was recreated (milliseconds).
LOOK_MS = 1000

logger = logging.getLogger(__name__)


class Received(msgspec.Struct, frozen=True):
    """An alert with the topic, partition and offset that it was read from."""

    topic: str
    partition: int
    offset: int
    alert: Alert


class Subscription:
    """A consumer of alert topics; a context manager and an iterator.

    An alert counts as processed, and is committed, when the next one is requested, or when the ``with`` block ends
    without an error. If an error or a signal interrupts its processing, it is read again.

    Args:
        topics: names without the settings' prefix; with ``from_beginning``, read what they still hold first.
        group: consumer group whose offsets are committed; without one, every run starts independently.

    Raises:
        BrokerUnreachableError: no broker answers; or, while following, a broker that is back refuses this user.
        TopicUnreadableError: a topic does not exist, or this user may not read it.
        GroupRefusedError: the coordinator of the group refuses this member for good.
    """

    def __init__(
        self, settings: Settings, topics: Sequence[str], *, from_beginning: bool = False, group: str | None = None
    ) -> None:
        self._settings = settings
        self._group = group
        self._decoder = msgspec.json.Decoder(Alert)
        self._seen: OrderedDict[tuple[str, str, int], None] = OrderedDict()
        self._in_work: Any = None
        self._topics = list(dict.fromkeys(map(settings.topic, topics)))
        self._topic_ids = TopicIds(settings)
        self._consumer: KafkaConsumer = make_consumer(
            settings,
            group_id=group,
            # If the next record is deleted, or the topic was recreated, read what is there, not only what comes later.
            auto_offset_reset="earliest",
            enable_auto_commit=group is not None,
            consumer_timeout_ms=LOOK_MS,
        )
        try:
            require_topics(self._consumer, *self._topics)
            self._ids = self._topic_ids.of(self._topics)
            with self._joining():
                self._begin(at_end=not from_beginning, group=group)
        except BaseException:
            self._topic_ids.close()
            self._consumer.close(autocommit=False, timeout_ms=CLOSE_MS)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._in_work is not None:
            with suppress(ValueError):  # its partition has moved away
                self._consumer.seek(TopicPartition(self._in_work.topic, self._in_work.partition), self._in_work.offset)
        self._topic_ids.close()
        self._consumer.close(timeout_ms=CLOSE_MS)

    def __iter__(self) -> Iterator[Received]:
        while True:
            for record in self._records():
                self._in_work = record
                if (alert := self._alert(record)) is not None:
                    yield Received(record.topic, record.partition, record.offset, alert)
                self._in_work = None
            if (reason := refusal()) is not None:  # kafka-python would retry forever
                raise BrokerUnreachableError(self._settings, reason)
            self._follow_new_logs()

    def _records(self) -> Iterator[Any]:
        """The records that arrive within LOOK_MS of one another."""
        records = iter(self._consumer)
        while True:
            with self._joining():
                record = next(records, None)
            if record is None:
                return
            yield record

    @contextmanager
    def _joining(self) -> Iterator[None]:
        """Say what to change if the group refuses this member for good."""
        try:
            yield
        except BrokerResponseError as error:
            member = Membership(self._group or "", "--group", self._consumer.config["session_timeout_ms"] / 1000)
            refusal_ = refused(error.errno, member) if self._group else None
            if refusal_ is None:
                raise
            raise refusal_ from None

    def _begin(self, *, at_end: bool, group: str | None) -> None:
        """Set where to begin: a group continues where it stopped."""
        if group is not None and at_end:
            self._commit_ends()
        self._consumer.subscribe(self._topics)
        if group is None and at_end:
            self._consumer.topics()  # the response includes the partitions
            self._consumer.seek_to_end()

    def _commit_ends(self) -> None:
        """Commit the ends for a new group, so that it starts now even if its first alert comes in a later run."""
        partitions = [
            TopicPartition(topic, number)
            for topic in self._topics
            for number in self._consumer.partitions_for_topic(topic)
        ]
        fresh = [tp for tp in partitions if self._consumer.committed(tp) is None]
        ends = self._consumer.end_offsets(fresh) if fresh else {}
        with suppress(CommitFailedError, UnknownMemberIdError):  # another member does so already
            self._consumer.commit({tp: OffsetAndMetadata(end, "", -1) for tp, end in ends.items()})

    def _follow_new_logs(self) -> None:
        """Start over in the new log of a recreated topic, in which the old offset means nothing."""
        try:
            now = self._topic_ids.of(self._topics)
        except KafkaError:  # the consumer says so; the next look asks again
            return
        anew = {topic for topic, id_ in now.items() if self._ids.get(topic, id_) != id_}
        self._ids |= now
        for tp in self._consumer.assignment():
            if tp.topic in anew:
                logger.warning("topic %s was recreated; reading it from its beginning", tp.topic)
                self._consumer.seek_to_beginning(tp)

    def _alert(self, record: Any) -> Alert | None:
        """Decode the alert of a record; None if it is not an alert, or a duplicate."""
        if record.value is None:  # deleted by compaction
            return None
        try:
            alert = self._decoder.decode(record.value)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            place = f"{record.topic} {record.partition}:{record.offset}"
            logger.warning("%s is not an alert, skipping it: %s", place, error)
            return None
        return alert if self._is_new(record.topic, alert) else None

    def _is_new(self, topic: str, alert: Alert) -> bool:
        key = (topic, alert.id, alert.revision)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
        return True
