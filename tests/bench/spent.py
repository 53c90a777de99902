"""Work done and resources spent by workers between two moments of a measurement."""

from __future__ import annotations

import time
from dataclasses import astuple, dataclass

from streams.brokers.kafka_cluster import KafkaCluster
from tests.rigs.measurements import cpu_seconds, machine_seconds
from tests.rigs.stream import Stream


@dataclass(frozen=True)
class Moment:
    """A snapshot of the clock, the articles that each worker has processed, and CPU seconds."""

    time: float
    done: tuple[float, ...]
    workers: float
    broker: float
    machine: float

    def since(self, earlier: Moment) -> Spent:
        """What was processed and used since an earlier snapshot."""
        return Spent(
            seconds=self.time - earlier.time,
            articles=sum(self.done) - sum(earlier.done),
            workers=self.workers - earlier.workers,
            broker=self.broker - earlier.broker,
            machine=self.machine - earlier.machine,
        )


@dataclass(frozen=True)
class Spent:
    """Elapsed seconds, articles processed in them, and CPU seconds of the workers, the broker and the machine."""

    seconds: float = 0.0
    articles: float = 0.0
    workers: float = 0.0
    broker: float = 0.0
    machine: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def speed(self) -> float:
        """Articles per second."""
        return self.articles / self.seconds

    @property
    def ceiling(self) -> float:
        """The possible speed-up of two workers on two cores: 2w/(w+b), from their CPU time per article."""
        return 2 * self.workers / (self.workers + self.broker)


def moment(stream: Stream, kafka: KafkaCluster) -> Moment:
    """The current progress of a stream's workers, on a cluster of one broker."""
    return Moment(
        time=time.monotonic(),
        done=tuple(worker.metric("newswatch_articles_total") for worker in stream.workers),
        workers=sum(cpu_seconds(worker.pid) for worker in stream.workers),
        broker=cpu_seconds(kafka.pid(1)),
        machine=machine_seconds(),
    )
