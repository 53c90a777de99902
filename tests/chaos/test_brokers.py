"""Brokers that die, and workers that cannot reach them."""

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from streams.kafka.clients import admin_client
from tests.chaos.news import articles, lines
from tests.chaos.stage import Stage

New = Callable[..., Stage]
Conclude = Callable[[Stage, int], None]


def test_kill_9_of_the_only_broker(new_stage: New, conclude: Conclude, seed: int) -> None:
    with KafkaCluster() as cluster:
        stage = new_stage(cluster)
        stage.start(2)
        with stage.feeding(lines(articles(seed)), 15):
            time.sleep(4)
            cluster.kill(1)
            stage.fault()
            time.sleep(random.Random(seed).uniform(0.5, 3))
            cluster.start(1)
        conclude(stage, seed)
        stage.close()


def test_kill_9_of_a_partition_leader_among_three(new_stage: New, conclude: Conclude, seed: int) -> None:
    with KafkaCluster(3, heap="256m") as cluster:
        stage = new_stage(cluster, replication=3)
        stage.start(2)
        with stage.feeding(lines(articles(seed)), 15):
            time.sleep(4)
            leader = _leader(stage)
            cluster.kill(leader)
            stage.fault()
            time.sleep(4)
            cluster.start(leader)
        conclude(stage, seed)
        stage.close()


def _leader(stage: Stage) -> int:
    """The broker that leads partition 0 of the articles."""
    admin = admin_client(stage.settings)
    try:
        (topic,) = admin.describe_topics([stage.settings.topic("articles")])
        first = min(topic["partitions"], key=lambda partition: partition["partition_index"])
        return int(first["leader_id"])
    finally:
        admin.close()


def test_cut_off_from_the_broker(new_stage: New, conclude: Conclude, seed: int) -> None:
    with _other_network(seed) as network, KafkaCluster(host=network.broker) as cluster:
        stage = new_stage(cluster)
        stage.start(1)
        stage.start(1, wrap=network.inside, host=network.worker)
        with stage.feeding(lines(articles(seed)), 20):
            time.sleep(3)
            network.cut()
            stage.fault()
            time.sleep(stage.settings.session_timeout_seconds + random.Random(seed).uniform(1, 4))
            network.join()
        conclude(stage, seed)
        stage.close()


class _Network:
    """A network namespace connected to this one by a veth pair; the broker listens on this one's loopback."""

    def __init__(self, number: int) -> None:
        self.name = f"newswatch-{number}"
        self.broker = f"10.213.{number}.1"
        self._here, self.worker = f"10.213.{number}.5", f"10.213.{number}.6"
        self._pair = f"nw{number}a", f"nw{number}b"
        self.inside = ("ip", "netns", "exec", self.name)

    def make(self) -> None:
        here, there = self._pair
        _run("ip", "netns", "add", self.name)
        _run("ip", "addr", "add", f"{self.broker}/32", "dev", "lo")
        _run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", self.name)
        _run("ip", "addr", "add", f"{self._here}/30", "dev", here)
        _run("ip", "link", "set", here, "up")
        _run(*self.inside, "ip", "addr", "add", f"{self.worker}/30", "dev", there)
        _run(*self.inside, "ip", "link", "set", "lo", "up")
        self.join()

    def cut(self) -> None:
        _run(*self.inside, "ip", "link", "set", self._pair[1], "down")

    def join(self) -> None:
        _run(*self.inside, "ip", "link", "set", self._pair[1], "up")
        _run(*self.inside, "ip", "route", "replace", "default", "via", self._here)

    def remove(self) -> None:
        for command in (
            ("ip", "link", "del", self._pair[0]),
            ("ip", "addr", "del", f"{self.broker}/32", "dev", "lo"),
            ("ip", "netns", "del", self.name),
        ):
            subprocess.run(command, capture_output=True, check=False)


@contextmanager
def _other_network(seed: int) -> Iterator[_Network]:
    network = _Network(random.SystemRandom().randrange(1, 250))
    try:
        try:
            network.make()
        except subprocess.CalledProcessError as error:
            pytest.fail(f"this test makes a network namespace, which needs root: {error.stderr.decode()}")
        yield network
    finally:
        network.remove()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
