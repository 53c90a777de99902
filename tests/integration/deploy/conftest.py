"""A worker on real Kafka that has read the samples, and a real Prometheus that scrapes it."""

import json
import os
import shutil
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.brokers.kafka_cluster import KafkaCluster
from streams.processes.ports import free_ports
from streams.processes.server_process import ServerProcess

ROOT = Path(__file__).parents[3]
PATIENCE = 90.0
"""Timeout of each step, in seconds."""
WORDS = [f"kingfisher{number}" for number in range(300)]
"""More groups than the limit per article."""
TROUBLE = f"""
lists: {{birds: [{", ".join(WORDS)}]}}
rules:
  - {{name: birds-listed, kind: match, where: {{text: {{in: birds}}}}, once_per: term}}
  - {{name: birds-at-night, kind: match, where: {{text: {{in: birds}}}}, schedule: {{timezone: UTC, hours: '00:00-00:01'}}}}
  - {{name: birds-counted, kind: frequency, where: {{text: {{in: birds}}}}, window: 1h, at_least: 1}}
"""


class Prometheus:
    """A running Prometheus, queried over its HTTP API."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path: str, **parameters: str | float) -> Any:
        """Query the API and return `data` of the answer."""
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}{query}", timeout=10) as answer:
            return json.load(answer)["data"]

    def value(self, expression: str) -> float | None:
        """Return the one value of an instant query, None if there is none."""
        found = self.get("query", query=expression)["result"]
        return float(found[0]["value"][1]) if found else None


def wait_for(what: str, check: Any, *processes: ServerProcess) -> Any:
    """Wait until `check` returns a true value, and return it; a process that ends meanwhile is an error."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for process in processes:
            process.require_running()
        try:
            found = check()
        except OSError:
            found = None
        if found:
            return found
        tails = "\n".join(process.log_tail() for process in processes)
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}\n{tails}"
        time.sleep(0.25)


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped rules, and some that reach limits."""
    folder = tmp_path_factory.mktemp("desk") / "rules"
    shutil.copytree(ROOT / "deploy" / "rules", folder)
    (folder / "trouble.yaml").write_text(TROUBLE)
    return folder


@pytest.fixture(scope="session")
def worker_metrics(
    kafka: KafkaCluster, rules: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, ServerProcess]]:
    """The metrics port of a running worker, and the worker; its topic is still empty."""
    folder = tmp_path_factory.mktemp("worker")
    [port] = free_ports(1)
    environment = {
        **os.environ,
        "NEWSWATCH_BROKERS": kafka.bootstrap_servers,
        "NEWSWATCH_APP_ID": "dashboard",
        "NEWSWATCH_TOPIC_PREFIX": "dashboard-",
        "NEWSWATCH_RULES": str(rules),
        "NEWSWATCH_DATA_DIR": str(folder),
        "NEWSWATCH_METRICS_PORT": str(port),
        "NEWSWATCH_PARTITIONS": "2",
        "NEWSWATCH_SESSION_TIMEOUT_SECONDS": "10",
    }
    worker = ServerProcess(
        [sys.executable, "-m", "streams.cli", "worker"], log=folder / "worker.log", environment=environment
    )

    def ready() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)

    try:
        wait_for("the worker is ready", ready, worker)
        yield port, worker
    finally:
        worker.stop()


@pytest.fixture(scope="session")
def prometheus(
    worker_metrics: tuple[int, ServerProcess], kafka: KafkaCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """A Prometheus with the shipped rules that scraped the worker before and after it read the samples."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("no prometheus (Debian: apt-get install prometheus)")
    metrics_port, worker = worker_metrics
    folder = tmp_path_factory.mktemp("prometheus")
    shipped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(ROOT / "deploy" / "prometheus" / name) for name in shipped["rule_files"]],
        "scrape_configs": [
            {"job_name": "newswatch-worker", "static_configs": [{"targets": [f"127.0.0.1:{metrics_port}"]}]}
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    [port] = free_ports(1)
    server = ServerProcess(
        [
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        log=folder / "prometheus.log",
    )
    client = Prometheus(port)
    try:
        wait_for("two scrapes", lambda: (client.value("count_over_time(newswatch_ready[1m])") or 0) >= 2, server)
        lines = (ROOT / "streams" / "data" / "samples" / "articles.jsonl").read_bytes().splitlines(keepends=True)
        # In two parts with scrapes in between, so that Prometheus sees the counters grow.
        for part in (lines[: len(lines) // 2], lines[len(lines) // 2 :]):
            before = client.value("sum(newswatch_articles_total)") or 0.0
            _produce(kafka, part)
            wait_for(
                "the samples are processed",
                lambda before=before: (
                    (client.value("sum(newswatch_articles_total)") or 0.0) > before
                    and client.value("sum(newswatch_consumer_lag_records)") == 0.0
                ),
                server,
                worker,
            )
            time.sleep(3)
        yield client
    finally:
        server.stop()


@pytest.fixture(scope="session")
def troubled(prometheus: Prometheus, kafka: KafkaCluster, rules: Path) -> Prometheus:
    """The same after a late article, a reached limit, an alert outside its schedule and a rejected rule set."""
    times = {"published_at": "2024-01-01T12:00:00Z", "received_at": "2024-01-01T12:01:00Z"}  # as in an archive
    article = {"id": "birds", "text": " ".join(WORDS), **times}
    _produce(kafka, [json.dumps(article).encode()])
    (rules / "trouble.yaml").write_text("rules: [{name: birds, kind: mach}]")
    limits = ("late_observations", "bounds_reached", "outside_schedule")
    wait_for(
        "the trouble is counted",
        lambda: (
            all(prometheus.value(f"newswatch_{name}_total") for name in limits)
            and prometheus.value("newswatch_rule_reload_ok") == 0.0
        ),
    )
    time.sleep(3)
    return prometheus


def _produce(kafka: KafkaCluster, lines: list[bytes]) -> None:
    """Send records with a plain client, including bad ones."""
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")
    for line in lines:
        producer.send("dashboard-articles", value=line.rstrip(b"\n"))
    producer.flush(30)
    producer.close()
