"""Faults of articles, rules and disks."""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from tests.chaos.news import articles, lines, poison
from tests.chaos.stage import Stage

New = Callable[..., Stage]
Conclude = Callable[[Stage, int], None]


def test_poison_articles(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    stage.start(2)
    news = articles(seed)
    records = lines(news)
    chance = random.Random(seed)
    for number in range(len(list(poison(seed, "")))):
        place = chance.randrange(len(news) - 1)  # before an article, with its time, and not after the last
        bad = list(poison(seed, news[place]["published_at"]))[number]
        records.insert(records.index(lines([news[place]])[0]), bad)
    stage.fault()
    stage.feed(records, 8)
    conclude(stage, seed)


def test_extraction_slower_than_the_session(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    stage.start(2, session_timeout_seconds=2.0, heartbeat_seconds=0.4, batch_articles=256)
    records = articles(seed, 600)
    chance = random.Random(seed)
    for article in chance.sample(records[:-1], 40):  # 20 MB of different text, so that no cache helps
        filler = (f"Paragraph {n} of {article['id']} told of the minister and the market. " for n in range(8000))
        article["text"] += " " + "".join(filler)
    stage.fault()
    stage.feed(lines(records), 2)
    conclude(stage, seed)
    assert sum(worker.restarts for worker in stage.workers) == 0


def test_rules_reloaded_under_load(kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int) -> None:
    stage = new_stage(kafka)
    stage.start(2)
    file = stage.rules / "rules.yaml"
    good = file.read_text()
    with stage.feeding(lines(articles(seed)), 16):
        for number in range(6):
            time.sleep(1.5)
            stage.fault()
            broken = "\n  - {name: broken, kind: mach, whre: {text: [}\n"
            _replace(file, good.replace("# Rules", f"# {number} Rules") if number % 2 == 0 else good + broken)
    _replace(file, good)
    refused = sum(_refused(worker.status.samples()) for worker in stage.workers)
    conclude(stage, seed)
    assert refused >= 2, "the broken files were not even looked at"


def _refused(samples: dict[str, list[tuple[dict[str, str], float]]]) -> float:
    return sum(n for labels, n in samples.get("newswatch_rule_reloads_total", ()) if labels["outcome"] == "refused")


def _replace(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def test_disk_of_the_state_folder_full(
    kafka: KafkaCluster, new_stage: New, conclude: Conclude, seed: int, tmp_path: Path
) -> None:
    stage = new_stage(kafka)
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.fail(f"this test mounts a small file system, which needs root: {mounted.stderr.decode()}")
    try:
        workers = stage.start(1, data_dir=disk) + stage.start(1)
        with stage.feeding(lines(articles(seed)), 10):
            time.sleep(1)
            _fill(disk / "full")
            stage.fault()
            time.sleep(1)
            workers[0].kill()  # it must restart with the disk full
            stage.fault()
        conclude(stage, seed)
    finally:
        stage.close()
        subprocess.run(["umount", "-l", disk], check=True)


def _fill(file: Path) -> None:
    try:
        with file.open("wb", buffering=0) as sink:
            while True:
                sink.write(b"x" * 4096)
    except OSError:
        pass
    assert file.stat().st_size > 0
