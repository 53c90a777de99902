"""Workers that are stopped, killed, paused, added and removed while articles arrive."""

import random
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer

from streams.brokers.kafka_cluster import KafkaCluster
from tests.chaos.news import articles, lines
from tests.chaos.stage import Stage

New = Callable[..., Stage]
Conclude = Callable[[Stage, int], None]
CLOCK = Path(__file__).with_name("skewed_clock.c")


def test_rolling_sigterm(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    workers = stage.start(3)
    with stage.feeding(lines(articles(seed)), 20):
        time.sleep(2)
        for worker in workers:
            asked = time.monotonic()
            assert worker.stop() == 0
            assert time.monotonic() - asked < 10
            stage.fault()
            stage.workers.remove(worker)
            stage.start(1)
    conclude(stage, seed)


def test_kill_9_of_one_worker(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    workers = stage.start(3)
    with stage.feeding(lines(articles(seed)), 12):
        time.sleep(4)
        random.Random(seed).choice(workers).kill()
        stage.fault()
    conclude(stage, seed)


def test_kill_9_in_bursts(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    workers = stage.start(3)
    chance = random.Random(seed)
    with stage.feeding(lines(articles(seed)), 25):
        for _ in range(30):
            time.sleep(chance.uniform(0.1, 1.0))
            # A working one, if any: a worker takes seconds to start, and would never get to work.
            ready = [worker for worker in workers if worker.status.ready()]
            chance.choice(ready or workers).kill()
            stage.fault()
    conclude(stage, seed)


def test_sigstop_past_the_session(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    workers = stage.start(2)
    with stage.feeding(lines(articles(seed)), 16):
        for number in range(2):
            time.sleep(1 + random.Random(seed + number).random())
            workers[number].signal(signal.SIGSTOP)
            stage.fault()
            time.sleep(stage.settings.session_timeout_seconds + 2)
            workers[number].signal(signal.SIGCONT)
    conclude(stage, seed)


def test_workers_added_and_removed(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    stage.start(1)
    chance = random.Random(seed)
    with stage.feeding(lines(articles(seed)), 25):
        stage.fault()
        stage.start(2)
        for _ in range(2):
            leaving = stage.workers.pop(chance.randrange(len(stage.workers)))
            assert leaving.stop() == 0
            stage.fault()
        stage.fault()
        stage.start(1)
    conclude(stage, seed)


def test_kill_between_alert_and_commit(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    workers = stage.start(2)
    alerts = KafkaConsumer(stage.settings.topic("alerts"), bootstrap_servers=stage.settings.brokers)
    alerts.poll(timeout_ms=1000)
    with stage.feeding(lines(articles(seed)), 20):
        for number in range(4):
            _wait_for_one(alerts)  # offsets are committed once a second: this one is not committed yet
            workers[number % 2].kill()
            stage.fault()
            time.sleep(2)
            alerts.poll(timeout_ms=100)
            workers[number % 2].wait_ready()
    alerts.close()
    conclude(stage, seed)


@pytest.mark.parametrize("skew", [timedelta(hours=2), timedelta(hours=-2)], ids=["fast", "slow"])
def test_clock_of_one_worker_skewed(
    kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int, skew: timedelta, tmp_path: Path
) -> None:
    stage = new_stage(kafka)
    library = tmp_path / "skewed_clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, CLOCK], check=True)
    wrong = ("env", f"LD_PRELOAD={library}", f"CLOCK_SKEW_SECONDS={skew.total_seconds():.0f}")
    told = float(subprocess.run([*wrong, "date", "+%s"], capture_output=True, check=True).stdout)
    assert abs(told - time.time() - skew.total_seconds()) < 60
    (skewed,) = stage.start(1, wrap=wrong)
    stage.start(1)
    with stage.feeding(lines(articles(seed)), 14):
        time.sleep(4)
        skewed.kill()
        stage.fault()
    conclude(stage, seed)
    assert sum(worker.restarts for worker in stage.workers) == 1, "the broker refuses what a wrong clock stamps"


def _wait_for_one(alerts: Any) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if alerts.poll(timeout_ms=200):
            return
