"""Whether Kafka answers: asked every few seconds, from a thread and over a connection of its own.

A worker that waits for Kafka is healthy, and one that hangs is not. Only a question that depends on nothing else in the
worker tells them apart. A worker that makes no progress although a broker answers may need another one: then the watch
asks for all partitions that the worker reads and writes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection

from kafka.errors import BrokerResponseError, KafkaError, KafkaTimeoutError, NodeNotReadyError, RequestTimedOutError

from detectors.user_error import UserError
from streams.kafka.refusals import said
from streams.kafka.served_partitions import require_served
from streams.kafka.topic_ids import TopicIds
from streams.kafka.topics import ARTICLES, OBSERVATIONS
from streams.monitoring.health import Health
from streams.monitoring.metrics import Metrics
from streams.settings import Settings

#: Timeout of a question (seconds).
ANSWER_SECONDS = 10.0
#: The same as a part of ``stall_seconds``, which must not pass before it is known that Kafka does not answer.
OF_STALL = 0.25
#: Pause between two questions, as a part of their timeout.
PAUSE = 0.2
#: The first reminder that Kafka is still away comes after this time (seconds), each further one after twice the time.
REMIND_SECONDS = 60.0

logger = logging.getLogger(__name__)


def kafka_watch(
    settings: Settings, health: Health, metrics: Metrics, written: Callable[[], Collection[str]]
) -> KafkaWatch:
    """A watch that asks for the topic ``articles``, more often if ``stall_seconds`` is short.

    Args:
        written: gives the topics that the worker writes.
    """
    answer = min(ANSWER_SECONDS, settings.stall_seconds * OF_STALL)
    ids, topics = TopicIds(settings, answer_seconds=answer), [settings.topic(ARTICLES)]
    read = [*topics, settings.topic(OBSERVATIONS)]

    def ask_all() -> None:
        require_served(settings, read, written(), answer)

    return KafkaWatch(lambda: ids.of(topics), ask_all, health, metrics, limit=answer)


class KafkaWatch:
    """Tells health, metrics and log when Kafka no longer answers and when it answers again; a context manager.

    Args:
        ask: a question to the brokers; raises KafkaError or BrokerUnreachableError without an answer.
        ask_all: a question to all brokers that the worker needs, asked while it makes no progress.
        limit: how long it may take (seconds); what takes longer is still awaited, for the client has limits of its own.
    """

    def __init__(
        self,
        ask: Callable[[], object],
        ask_all: Callable[[], object],
        health: Health,
        metrics: Metrics,
        *,
        limit: float,
    ) -> None:
        self._ask = ask
        self._ask_all = ask_all
        self._limit = limit
        self._health = health
        self._metrics = metrics
        self._stop = threading.Event()
        self._remind_after = REMIND_SECONDS
        self._told: set[bool] = set()  # what the log says of this time without Kafka: away, partly away
        self._question: Question | None = None
        self._all: Question | None = None
        self._thread = threading.Thread(target=self._watch, name="kafka-watch", daemon=True)
        self._metrics.kafka_up.set(1)

    def __enter__(self) -> KafkaWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(self._limit * PAUSE):
            self.look()

    def look(self) -> None:
        """Ask once, or wait further for an answer."""
        question = self._question or Question(self._ask)
        if not question.done.wait(self._limit):
            self._question = question
            self._lost("no answer")
            return
        self._question = None
        if question.failed is not None:
            self._lost(question.failed)
        elif self._health.lost_for or self._health.stalled_for > self._limit:
            self._look_at_all()
        else:
            self._answered()

    def _look_at_all(self) -> None:
        question = self._all or Question(self._ask_all)
        if not question.done.wait(self._limit):  # nobody knows yet; a worker that hangs still ends in time
            self._all = question
            return
        self._all = None
        if question.failed is None:
            self._answered()
        else:
            self._lost(question.failed, partly=True)

    def _lost(self, reason: str, *, partly: bool = False) -> None:
        self._metrics.kafka_up.set(0)
        self._health.kafka_lost(reason, partly=partly)
        if partly not in self._told:
            self._told.add(partly)
            what = "is partly away" if partly else "does not answer"
            logger.error("Kafka %s: %s; the worker waits and continues when it is back", what, reason)
        elif self._health.lost_for >= self._remind_after:
            self._remind_after *= 2
            what = "has been partly away" if partly else "has not answered"
            logger.error("Kafka %s for %.0f min: %s", what, self._health.lost_for / 60, reason)

    def _answered(self) -> None:
        self._metrics.kafka_up.set(1)
        seconds = self._health.lost_for
        self._told.clear()
        self._remind_after = REMIND_SECONDS
        if self._health.kafka_answers():
            logger.warning("Kafka answers again, after %.0f s", seconds)


class Question:
    """A question to the brokers, asked in a thread. ``failed``: why there is no answer, None if there is one."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self.failed: str | None = None
        self.done = threading.Event()
        threading.Thread(target=self._run, name="kafka-question", daemon=True).start()

    def _run(self) -> None:
        try:
            self._ask()
        except (KafkaTimeoutError, RequestTimedOutError):
            self.failed = "no answer"
        except NodeNotReadyError:  # its message speaks of numbers of nodes
            self.failed = "no connection"
        except (KafkaError, UserError, OSError) as error:
            if not isinstance(error, BrokerResponseError) or error.retriable:  # a refusal is an answer
                self.failed = said(error)
        finally:
            self.done.set()
