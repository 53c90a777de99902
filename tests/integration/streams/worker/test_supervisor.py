"""The supervisor restarts a worker that ends; alerts that are sent twice are shown once.

Covered: after a kill -9 the next worker continues from the committed offsets. `subscribe` deduplicates alerts on id and
revision, even though `firing` and `updated` share the id.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from streams.processes.command import newswatch

RULES = "rules: [{name: quakes, kind: frequency, where: {text: quake}, window: 1h, at_least: 2}]"


def quake(number: int) -> dict[str, Any]:
    return {"id": f"q{number}", "text": "A quake shook the town.", "published_at": f"2020-05-01T00:{number:02d}:00Z"}


def children(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def test_a_killed_worker_is_restarted_and_alerts_are_shown_once(
    new_watch: Callable[..., Any], wait_until: Callable[..., None], tmp_path: Path
) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    settings = watch.settings
    changes = {"metrics_port": 0, "session_timeout_seconds": 4, "heartbeat_seconds": 0.5, "data_dir": tmp_path / "data"}
    command = [*newswatch("worker", settings, **changes), "--processes", "2", "--log-format", "json"]
    log = tmp_path / "supervisor.log"
    with log.open("wb") as sink:
        supervisor = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=sink)
    try:
        watch.produce([quake(0)])
        wait_until(lambda: bool(watch.read("articles.enriched")), 60, "nothing is read")
        watch.wait_committed()
        ready = '"message":"ready: 1 rules, '
        wait_until(lambda: log.read_text().count(ready) > 1, 120, "the workers do not say that they are ready")
        before = children(supervisor.pid)
        assert len(before) == 2
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        watch.produce([quake(1), quake(2), quake(3)])
        watch.wait_committed()
        assert children(supervisor.pid).isdisjoint(before)
    finally:
        supervisor.terminate()
        assert supervisor.wait(60) == 0

    lines = list(map(json.loads, log.read_text().splitlines()))
    for name in ("worker-0", "worker-1"):
        said = [line["message"] for line in lines if line.get("worker") == name]
        assert said[0].startswith(f"settings that differ from their defaults: brokers={settings.brokers[0]}, ")
        assert any(
            re.fullmatch(r"ready: 1 rules, [012] partitions, reading from .*articles at \S+", one) for one in said
        )
        kept = (tmp_path / "data" / f"{name}.log").read_text().splitlines()
        assert [json.loads(line)["message"] for line in kept] == said
    ended = [line["message"] for line in lines if line["logger"] == "streams.worker.supervisor"]
    assert sorted(line.partition(";")[0] for line in ended) == [
        f"worker-{number} exited with status 137" for number in range(2)
    ]

    sent = watch.read("alerts")
    assert [(json.loads(r.value)["revision"], json.loads(r.value)["state"]) for r in sent] == [
        (1, "firing"),
        (2, "updated"),  # the count has doubled
    ]
    producer = KafkaProducer(bootstrap_servers=settings.brokers, acks="all")
    for record in (sent[0], sent[1], sent[0]):  # duplicates, as after a worker that was killed before it committed
        producer.send(settings.topic("alerts"), record.value, record.key, list(record.headers))
    other = json.loads(sent[0].value) | {"id": "another"}
    producer.send(settings.topic("alerts"), json.dumps(other).encode(), b"another")
    producer.close()
    follow = [*newswatch("subscribe", settings), "alerts", "--from-beginning", "--format", "json", "--max", "3"]
    shown = subprocess.run(follow, check=True, capture_output=True, text=True, timeout=60).stdout
    found = [(json.loads(line)["id"], json.loads(line)["revision"]) for line in shown.splitlines()]
    id_ = json.loads(sent[0].value)["id"]
    assert found == [(id_, 1), (id_, 2), ("another", 1)]
