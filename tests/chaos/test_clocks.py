"""Wrong clocks of the clients that send articles; the articles themselves have right dates."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from detectors.timeline.intervals import EPOCH
from streams.brokers.kafka_cluster import KafkaCluster
from tests.chaos.feeding import Clock
from tests.chaos.news import articles, lines
from tests.chaos.stage import Stage

New = Callable[..., Stage]
Conclude = Callable[..., None]

HOUR = timedelta(hours=1)
CENTURY = timedelta(days=36_500)


def fast(chance: random.Random) -> Clock:
    """By up to three hours, some by a century; brokers refuse timestamps that are more than an hour ahead."""

    def clock(now: datetime) -> tuple[datetime, datetime]:
        ahead = CENTURY if chance.random() < 0.05 else chance.random() * 3 * HOUR
        return now + min(ahead, HOUR * 0.9), now + ahead

    return clock


def slow(chance: random.Random) -> Clock:
    """By up to three hours, some since a clock began at 1970."""

    def clock(now: datetime) -> tuple[datetime, datetime]:
        then = EPOCH + HOUR if chance.random() < 0.05 else now - chance.random() * 3 * HOUR
        return then, then

    return clock


def zones_wrong(chance: random.Random) -> Clock:
    """Local time that is written as UTC."""
    offsets = [chance.randrange(-12, 15) * HOUR for _ in range(5)]

    def clock(now: datetime) -> tuple[datetime, datetime]:
        return now, now + chance.choice(offsets)

    return clock


def ten_days_ago(chance: random.Random) -> Clock:
    """As a replayed archive stamps its records, longer ago than the topic keeps them."""

    def clock(now: datetime) -> tuple[datetime, datetime]:
        then = now - timedelta(days=10, hours=chance.random())
        return then, then

    return clock


@pytest.mark.parametrize("wrong", [fast, slow, zones_wrong, ten_days_ago])
def test_clocks(
    kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int, wrong: Callable[[random.Random], Clock]
) -> None:
    stage = new_stage(kafka)
    stage.start(1)
    stage.fault()
    stage.feed_with_clock(lines(articles(seed, 400)), 4, wrong(random.Random(seed)))
    conclude(stage, seed, f"client clocks: {wrong.__name__.replace('_', ' ')}")
