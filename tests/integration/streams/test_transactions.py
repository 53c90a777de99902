"""Articles that come in Kafka transactions, whose ends have offsets that no reader is given."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka import KafkaProducer

from streams.worker_status import total

pytestmark = pytest.mark.kafka

RULES = """
rules:
  - {name: silence, kind: flatline, where: {text: flood}, window: 1h, lateness: 0s}
"""
START = datetime(2025, 3, 1, tzinfo=UTC)


def test_the_end_of_a_transaction_holds_nothing_up(
    new_watch: Callable[..., Any], wait_until: Callable[..., None], prefix: str
) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    worker = watch.start("stall_seconds=30").wait_ready()
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all", transactional_id=prefix)
    producer.init_transactions()
    for hour, text in ((0, "A flood."), (1, "A flood."), (9, "Calm.")):
        producer.begin_transaction()
        for partition in (0, 1):
            moment = START + timedelta(hours=hour, minutes=partition)
            article = {"id": f"a{hour}-{partition}", "text": text, "published_at": moment.isoformat()}
            producer.send(watch.settings.topic("articles"), json.dumps(article).encode(), partition=partition)
        producer.commit_transaction()
    producer.close()

    wait_until(lambda: total(worker.status.samples(), "newswatch_articles_total") == 6, 30, "not read", watch)
    wait_until(lambda: total(worker.status.samples(), "newswatch_consumer_lag_records") == 0, 30, "lag", watch)
    wait_until(lambda: bool(watch.alerts()), 30, "event time did not move on", watch)
    assert {alert["rule"] for alert in watch.alerts()} == {"silence"}
