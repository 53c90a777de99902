"""Records that exceed our limits: they become dead letters, and the worker continues."""

import json
import random
from collections.abc import Callable
from typing import Any

from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from streams.kafka.clients import admin_client
from streams.records.dead_letter import LEFT_OUT

RULES = """
rules:
  - {name: floods, kind: match, where: {text: flood}}
  - {name: many, kind: frequency, where: {text: flood}, group_by: [meta.desk], window: 1h, at_least: 2}
"""
MB = 2**20


def letters(watch: Any) -> list[dict[str, Any]]:
    found = [
        (record, {name: value.decode() for name, value in record.headers}) for record in watch.read("articles.dead")
    ]
    return [{"value": record.value, "key": record.key, "headers": headers} for record, headers in found]


def test_a_record_that_decompresses_beyond_the_limit_is_a_dead_letter(new_watch: Callable[..., Any]) -> None:
    watch = new_watch(RULES, partitions=1)
    watch.create_topics()
    articles = watch.settings.topic("articles")
    admin = admin_client(watch.settings)
    admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, articles, configs={"max.message.bytes": str(32 * MB)})]
    )
    admin.close()
    packed = json.dumps({"text": "a flood " * (3 * MB)}).encode()  # 24 MB, compressed to a few kilobytes
    noise = random.Random(1).randbytes(12 * MB)
    long = json.dumps({"text": "a flood", "meta": {"desk": "x" * 3 * MB}}).encode()  # goes into keys and headers
    producer = KafkaProducer(
        bootstrap_servers=watch.settings.brokers, compression_type="gzip", max_request_size=64 * MB, acks="all"
    )
    for value in (packed, noise, long, b'{"id": "after", "text": "a flood"}'):
        producer.send(articles, key=b"k", value=value).get(30)
    producer.close()

    watch.start().wait_ready()
    watch.wait_committed()
    whole, without, other = letters(watch)
    assert whole["value"] == packed
    assert (without["value"], without["headers"][LEFT_OUT]) == (None, str(len(noise) + 1))
    assert without["headers"]["__connect.errors.offset"] == "1"
    assert without["headers"]["newswatch_reason"] == "not_utf8"
    assert other["value"] == long
    assert "field 'meta' has" in other["headers"]["__connect.errors.exception.message"]
    assert [alert["rule"] for alert in watch.alerts()] == ["floods"]
