"""Collectors that are killed twenty times while feeds grow: nothing is lost, and nothing is sent twice."""

from pathlib import Path

from streams.brokers.kafka_cluster import KafkaCluster
from streams.settings import load_settings
from tests.rigs.collecting import kill_and_compare

KILLS = 20


def test_collectors_that_are_killed_neither_lose_nor_repeat(kafka: KafkaCluster, prefix: str, tmp_path: Path) -> None:
    settings = load_settings(brokers=kafka.bootstrap_servers, app_id=prefix, topic_prefix=f"{prefix}.", partitions=4)
    kill_and_compare(settings, tmp_path, KILLS, collectors=2, feeds=20)
