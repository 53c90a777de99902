"""State and time on real Kafka: the changelog, the watermark and group membership."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType
from typer.testing import CliRunner

from streams.cli import app
from streams.kafka.clients import admin_client
from streams.kafka.topics import changelog_topic
from streams.monitoring.scrape import total
from tests.rigs.articles import QUAKE, START, article

COUNTED = "rules: [{name: quakes, kind: frequency, where: {text: quake}, window: 1h, at_least: 3, lateness: 10m}]"
STATE = """
rules:
  - {name: calm, kind: frequency, where: {text: quake}, window: 1h, every: 15m, for: 15m, at_least: 3, lateness: 10m}
"""

New = Callable[..., Any]
Wait = Callable[..., None]


def quake(number: int, minutes: float, text: str = QUAKE) -> dict[str, Any]:
    return article(f"q{number}", minutes, text, f"outlet-{number % 3}")


def late(watch: Any) -> float:
    samples = (worker.status.samples().get("newswatch_late_observations_total", ()) for worker in watch.workers)
    return sum(value for found in samples for _, value in found)


def limit_changelog(watch: Any, largest: int) -> None:
    """Set the largest record that the broker takes into the changelog (bytes)."""
    admin = admin_client(watch.settings)
    name = changelog_topic(watch.settings)
    try:
        admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name, configs={"max.message.bytes": str(largest)})]
        )
    finally:
        admin.close()


def test_a_changelog_write_that_the_broker_refuses_loses_nothing(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(COUNTED)
    watch.create_topics()
    worker = watch.start().wait_ready()
    watch.produce([quake(0, 0)])
    watch.wait_committed()
    limit_changelog(watch, 100)
    watch.produce([quake(1, 1)])
    assert worker.process.wait(60) == 70
    assert "MESSAGE_TOO_LARGE" in worker.log.read_text()
    assert watch.start().process.wait(60) == 70  # nor can the next owner store how far it has read
    limit_changelog(watch, 1_000_000)
    watch.start().wait_ready()
    # The observation is a dead letter, since its fact was refused: replay brings it back.
    flags = ["--brokers", watch.settings.brokers[0], "--set", f"topic_prefix={watch.settings.topic_prefix}"]
    done = CliRunner().invoke(app, ["dead", "replay", *flags])
    assert done.exit_code == 0, done.output
    watch.produce([quake(2, 2)])
    watch.wait_committed()
    wait_until(watch.alerts, 30, "no alert", watch)
    (alert,) = watch.alerts()
    assert alert["count"] == 3
    assert {evidence["article_id"] for evidence in alert["evidence"]} == {"q0", "q1", "q2"}


def test_a_partition_far_behind_has_no_late_articles(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(STATE, partitions=6)
    watch.create_topics()
    # A backfill that reads the partitions one after the other: 30 h in five of them, then the same 30 h in the sixth,
    # which a watermark over the articles that happened to arrive first would treat as late.
    calm = "All was calm and nothing happened."
    for partition in range(5):
        watch.produce([quake(n, n * 6, calm) for n in range(partition, 300, 5)], partition)
    slow = [quake(1000 + n, n * 6, QUAKE if 100 <= n < 130 else calm) for n in range(300)]
    watch.produce(slow, 5)
    workers = [watch.start() for _ in range(2)]
    for worker in workers:
        worker.wait_ready()
    watch.wait_committed()
    wait_until(lambda: len(watch.alerts()) == 2, 30, "the state did not begin and end", watch)
    firing, resolved = watch.alerts()
    assert (firing["state"], resolved["state"]) == ("firing", "resolved")
    assert firing["starts_at"] == "2020-05-01T10:30:00Z"  # quakes from 10:00 every 6 minutes; three in 10:12, and 15 m
    assert late(watch) == 0


def test_rule_state_survives_a_killed_worker(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(STATE, partitions=2)
    watch.create_topics()
    worker = watch.start().wait_ready()
    watch.produce([quake(n, n * 5) for n in range(12)])
    watch.produce([quake(100, 75, "Calm."), quake(101, 75, "Calm too.")])
    watch.wait_committed()
    wait_until(lambda: len(watch.alerts()) == 1, 30, "the state did not begin", watch)
    worker.kill()
    watch.start().wait_ready()
    watch.produce([quake(102, 300, "Calm."), quake(103, 301, "Calm too.")])
    watch.wait_committed()
    wait_until(lambda: len(watch.alerts()) == 2, 30, "the state did not end", watch)
    firing, resolved = watch.alerts()
    assert firing["id"] == resolved["id"]
    assert (firing["revision"], resolved["revision"], resolved["state"]) == (1, 2, "resolved")


def test_late_articles_are_only_counted(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(COUNTED)
    watch.create_topics()
    watch.start().wait_ready()
    watch.produce([quake(0, 0), quake(1, 1), quake(2, 300, "Calm.")])
    watch.wait_committed()
    worker = watch.workers[0]
    passed = (START + timedelta(minutes=300)).timestamp()
    wait_until(
        lambda: total(worker.status.samples(), "newswatch_watermark_timestamp_seconds") == passed,
        20,
        "event time does not advance",
    )
    watch.produce([quake(3, 2)])  # five hours after its time
    watch.wait_committed()
    wait_until(lambda: late(watch) == 1, 20, "the late article was not counted", watch)
    assert watch.alerts() == []


def test_a_static_member_keeps_its_partitions_over_a_restart(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(COUNTED, partitions=4)
    watch.create_topics()
    names = ("one", "two")
    patient = {"session_timeout_seconds": 20, "heartbeat_seconds": 1}
    first, second = (watch.start(instance_id=name, **patient) for name in names)
    first.wait_ready()
    second.wait_ready()

    def owned(worker: Any) -> set[str]:
        found = worker.status.samples().get("newswatch_consumer_lag_records", ())
        return {labels["partition"] for labels, _ in found}

    wait_until(lambda: len(owned(first)) == len(owned(second)) == 2, 30, "the partitions are not divided", watch)
    before = owned(first), owned(second)
    rebalances = second.log.read_text().count("rebalancing")
    first.stop()
    again = watch.start(instance_id="one", **patient).wait_ready()
    wait_until(lambda: owned(again) == before[0], 30, "the partitions did not return", watch)
    watch.produce(quake(n, n) for n in range(40))
    watch.wait_committed()
    assert owned(second) == before[1]
    assert second.log.read_text().count("rebalancing") == rebalances


HANGS = """
import sys, time
from streams import cli
from streams.pipeline.pipeline import Pipeline
from streams.worker.agents.articles import ArticleAgent

def hang(self, *given):
    while True:
        time.sleep(1)

if sys.argv[1] == "thread":
    whole = Pipeline.process
    Pipeline.process = lambda self, given: (hang if any(b"hang" in one.value for one in given) else whole)(self, given)
else:
    ArticleAgent._count = hang
sys.argv = ["newswatch", *sys.argv[5:]]
cli.main()
"""


def test_a_worker_that_hangs_ends_and_its_successor_continues(new_watch: New, wait_until: Wait, tmp_path: Path) -> None:
    """Its extraction thread or its event loop hangs, although Kafka answers."""
    script = tmp_path / "hangs.py"
    script.write_text(HANGS)
    watches = {where: new_watch(COUNTED) for where in ("thread", "loop")}
    for where, watch in watches.items():
        watch.create_topics()
        watch.start(stall_seconds=8, wrap=[sys.executable, str(script), where])
    for watch in watches.values():
        watch.workers[0].wait_ready()
        watch.produce([quake(0, 0, f"{QUAKE} hang"), quake(1, 1)])
    for watch in watches.values():
        hanging = watch.workers[0]
        assert hanging.process.wait(90) == 70
        assert "StalledError: no progress for" in hanging.log.read_text()
        watch.start().wait_ready()
        watch.produce([quake(2, 2)])
        watch.wait_committed()
        wait_until(lambda watch=watch: [alert["count"] for alert in watch.alerts()] == [3], 60, "no alert", watch)
