"""Hostile records: each affects only itself, and the worker continues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from streams.kafka.clients import admin_client
from streams.records.dead_letter import split_headers

pytestmark = pytest.mark.kafka

RULES = """
rules:
  - {name: floods, kind: match, where: {text: flood}}
  - {name: toned, kind: metric, value: meta.tone, function: max, window: 1h, at_least: 1}
  - {name: often, kind: frequency, where: {text: flood}, window: 1d, at_least: 1}
"""
MB = 2**20
#: A time far beyond the year 9999, which Kafka before 4.0 accepts from any producer.
FAR = 300_000 * 365 * 86_400_000


class NoUtf8(str):
    """A header name with its raw bytes on the wire."""

    def encode(self, *_: Any) -> bytes:  # type: ignore[override]
        return b"\xff\xfe"


def good(name: str) -> bytes:
    return b'{"id": "%s", "text": "A flood in Tajikistan."}' % name.encode()


@pytest.fixture
def watch(new_watch: Callable[..., Any]) -> Any:
    watch = new_watch(RULES, partitions=1)
    watch.create_topics()
    limits = {"max.message.bytes": str(8 * MB), "message.timestamp.after.max.ms": str(2**63 - 1)}
    admin = admin_client(watch.settings)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, watch.settings.topic("articles"), configs=limits)])
    admin.close()
    return watch


def send(watch: Any, value: bytes | None, codec: str | None = None, **options: Any) -> int:
    """Send one record in a batch of its own and return its offset."""
    producer = KafkaProducer(
        bootstrap_servers=watch.settings.brokers, compression_type=codec, max_request_size=256 * MB, acks="all"
    )
    metadata = producer.send(watch.settings.topic("articles"), value=value, partition=0, **options).get(60)
    producer.close()
    return int(metadata.offset)


def dead(watch: Any) -> dict[int, dict[str, str]]:
    """The added headers of each dead letter, by the original's offset."""
    letters = (dict(split_headers(record.headers)[1]) for record in watch.read("articles.dead"))
    return {int(added["offset"]): added for added in letters}


def test_each_hostile_record_affects_only_itself(watch: Any) -> None:
    watch.let_producers_stamp()
    deep = send(watch, b'{"text": "x", "a": ' + b"[" * 1000 + b"]" * 1000 + b"}")
    wide = send(watch, b'{"text": "x", "meta": {"tone": 18446744073709551616}}')
    bomb = send(watch, b'{"text": "' + b" " * (100 * MB) + b'"}', codec="gzip")
    bomb_zstd = send(watch, b'{"text": "' + b" " * (100 * MB) + b'"}', codec="zstd")
    far = send(watch, good("far"), timestamp_ms=FAR)
    past = send(watch, good("past"), timestamp_ms=1)
    fine = [
        send(watch, good("named"), headers=[(NoUtf8("name"), b"v")]),
        send(watch, b'{"id": "late", "text": "A flood.", "received_at": "9999-12-31T23:59:59Z"}'),
        send(watch, b'{"id": "early", "text": "A flood.", "received_at": "0001-01-01T00:00:00Z"}'),
        *(send(watch, good(codec), codec=codec) for codec in ("gzip", "snappy", "lz4", "zstd")),
    ]
    worker = watch.start().wait_ready()
    watch.wait_committed()
    worker.require_running()
    letters = dead(watch)
    assert {offset: letters[offset]["reason"] for offset in letters} == {
        deep: "not_json",
        wide: "wrong_type",
        bomb: "undecodable",
        bomb_zstd: "undecodable",
        far: "bad_timestamp",
        past: "bad_timestamp",
    }
    assert int(letters[bomb]["left_out"]) > 0
    assert all(letters[offset]["partition"] == "0" for offset in letters)
    enriched = [record.key for record in watch.read("articles.enriched")]
    assert len(enriched) == len(fine)
    floods = [alert for alert in watch.alerts() if alert["rule"] == "floods"]
    assert {alert["evidence"][0]["article_id"] for alert in floods} == {
        "named", "late", "early", "gzip", "snappy", "lz4", "zstd",
    }  # fmt: skip
    assert [alert["rule"] for alert in watch.alerts()].count("often") >= 1


def test_unusable_observations_affect_only_themselves(watch: Any) -> None:
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all")
    topic = watch.settings.topic("observations")
    reports = [
        b'{"horizon": "9999-12-31T23:59:59Z"}',
        b'{"pulses": ["0001-01-01T00:00:00Z"]}',
        b'{"ends": {"0": 1}, "x": ' + b"[" * 5000,
    ]
    kind = [("ce_type", b"newswatch.progress.v1")]
    for value in reports:
        producer.send(topic, key=b"k", value=value, headers=kind).get(30)
    observation = b'{"rule": "often", "state": "often-0", "time": "%s", "article_id": "a"}'
    for time in (b"9999-12-31T23:59:59Z", b"0001-01-01T00:00:00Z"):
        producer.send(topic, key=b"k", value=observation % time).get(30)
    producer.send(topic, key=b"k", value=b"\xff\xfe").get(30)
    producer.close()
    send(watch, good("after"))
    worker = watch.start().wait_ready()
    watch.wait_committed()
    worker.require_running()
    assert [added["reason"] for added in dead(watch).values()] == ["bad_observation"] * 6
    assert {alert["rule"] for alert in watch.alerts()} == {"floods", "often"}
