"""A collector as a process: topics, metrics, and a new beginning after the brokers were away."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from time import sleep

from kafka.errors import KafkaError

from streams.collector.collector import Collector
from streams.collector.door import Door, open_door
from streams.collector.port import collector_port
from streams.kafka.clients import BrokerUnreachableError, TopicUnreadableError
from streams.kafka.topics import ARTICLES, TopicsMissingError, collector_specs, ensure_topics, topic_specs
from streams.monitoring.collector_metrics import CollectorMetrics
from streams.settings import Settings
from streams.sources.feed import UnacknowledgedError
from streams.sources.listed.source import Source
from streams.sources.rss.readers import Readers

#: Processes that read documents: one is enough for hundreds of sources.
READERS = 2
#: Pause before the brokers are tried again (seconds).
PAUSE_SECONDS = 5.0

#: What brokers that come back say for a while, and at the start is an error of the user.
_AWAY = (BrokerUnreachableError, TopicUnreadableError, TopicsMissingError)

logger = logging.getLogger(__name__)


def run_collector(settings: Settings, sources: Sequence[Source], door: Door | None = None) -> None:
    """Collect until a signal. While brokers do not answer, it waits, and goes on where it was.

    Raises:
        BrokerUnreachableError: no broker answers at the start, or they refuse this user.
        TopicsMissingError: a topic does not exist, and may not be created.
    """
    articles = tuple(spec for spec in topic_specs(settings) if spec.role == ARTICLES)
    try:
        ensure_topics(settings, articles + collector_specs(settings), create=settings.create_topics)
    except TopicsMissingError as error:
        raise TopicsMissingError(error.names, refused=error.refused, option="--sources") from None
    metrics = CollectorMetrics()
    with ExitStack() as open_:
        port = open_.enter_context(collector_port(settings, metrics))
        readers = open_.enter_context(Readers(READERS))
        if door is not None:
            number = open_.enter_context(open_door(settings, door, metrics))
            logger.info("POST articles to http://%s:%d/articles", door.host, number)
        begun = False
        while True:
            try:
                with Collector(settings, sources, metrics, readers) as collector:
                    port.collector, begun = collector, True
                    while True:
                        collector.step()
            except (UnacknowledgedError, KafkaError, *_AWAY) as error:
                if isinstance(error, _AWAY) and (not begun or getattr(error, "final", False)):
                    raise
                logger.warning("the brokers did not take what was sent, trying again: %s", error)
            finally:
                port.collector = None
            sleep(PAUSE_SECONDS)
