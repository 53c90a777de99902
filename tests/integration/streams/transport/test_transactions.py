"""Articles in Kafka transactions: their markers have offsets that no reader receives, and some are aborted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from kafka import KafkaProducer

from streams.monitoring.scrape import total

RULES = """
rules:
  - {name: silence, kind: flatline, where: {text: flood}, window: 1h, lateness: 0s}
"""
ABORTED = (4, 30)
START = datetime(2025, 3, 1, tzinfo=UTC)


def test_transaction_markers_block_nothing_and_aborted_records_are_not_read(
    new_watch: Callable[..., Any], wait_until: Callable[..., None], prefix: str
) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    worker = watch.start(stall_seconds=30).wait_ready()
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all", transactional_id=prefix)
    producer.init_transactions()
    told = ((0, "A flood."), (1, "A flood."), (4, "A flood that was taken back."), (9, "Calm."), (30, "Taken back."))
    for hour, text in told:
        producer.begin_transaction()
        for partition in (0, 1):
            moment = START + timedelta(hours=hour, minutes=partition)
            article = {"id": f"a{hour}-{partition}", "text": text, "published_at": moment.isoformat()}
            producer.send(watch.settings.topic("articles"), json.dumps(article).encode(), partition=partition)
        producer.flush()  # so that the aborted records were on the log
        if hour in ABORTED:
            producer.abort_transaction()
        else:
            producer.commit_transaction()

    wait_until(lambda: total(worker.status.samples(), "newswatch_articles_total") == 6, 30, "not read", watch)
    wait_until(lambda: total(worker.status.samples(), "newswatch_consumer_lag_records") == 0, 30, "lag", watch)
    wait_until(lambda: watch.committed() == watch.ends(), 30, "ends of transactions are not committed", watch)
    wait_until(lambda: bool(watch.alerts()), 30, "event time did not move on", watch)
    read = {json.loads(record.value)["id"] for record in watch.read("articles.enriched")}
    assert read == {f"a{hour}-{partition}" for hour in (0, 1, 9) for partition in (0, 1)}
    (alert,) = {alert["id"]: alert for alert in watch.alerts()}.values()
    assert alert["rule"] == "silence"
    assert alert["starts_at"] == "2025-03-01T02:15:00Z"  # an hour after the last flood, at the next of its moments

    # One that stays open: what comes behind it cannot be read, and the worker says so.
    producer.begin_transaction()
    held = {"id": "held", "text": "Calm.", "published_at": (START + timedelta(hours=31)).isoformat()}
    producer.send(watch.settings.topic("articles"), json.dumps(held).encode(), partition=1).get(30)
    watch.produce([{**held, "id": "behind"}], 1)
    wait_until(lambda: worker.shows("newswatch_open_transaction_records")["1"] >= 2, 60, "it is not seen", watch)
    wait_until(lambda: worker.shows("newswatch_open_transaction_seconds")["1"] > 1, 60, "it has no time", watch)
    assert worker.shows("newswatch_open_transaction_records")["0"] == 0
    assert worker.shows("newswatch_consumer_lag_records")["1"] == 0
    assert worker.status.ready()
    producer.commit_transaction()
    producer.close()
    watch.wait_committed()
    wait_until(lambda: worker.shows("newswatch_open_transaction_records")["1"] == 0, 60, "it is still shown", watch)
    assert worker.shows("newswatch_open_transaction_seconds")["1"] == 0
