"""`newswatch broker` and `newswatch worker` together: articles in, alerts out, on the embedded broker."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from streams.brokers.embedded import EmbeddedBroker
from streams.brokers.kafka_cluster import KafkaCluster
from streams.settings import load_settings
from streams.transport.producer_ids import gives_producer_ids

RULES = "rules: [{name: quakes, kind: frequency, where: {text: quake}, window: 1h, at_least: 2}]"
NEWSWATCH = [sys.executable, "-m", "streams.cli"]


@pytest.fixture
def brokers() -> Iterator[str]:
    """The address that `newswatch broker` prints."""
    with subprocess.Popen([*NEWSWATCH, "broker", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@contextmanager
def default_port_in_use() -> Iterator[None]:
    """Occupy the default port, as another worker on this machine would."""
    with socket.socket() as other:
        with suppress(OSError):  # it is already in use
            other.bind(("127.0.0.1", 9464))
            other.listen()
        yield


def test_a_worker_on_the_embedded_broker_sends_alerts_and_warns_about_idempotence(brokers: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "desk.yaml").write_text(RULES)
    articles = tmp_path / "articles.jsonl"
    articles.write_text(
        "".join(
            json.dumps({"id": f"q{n}", "text": "A quake.", "published_at": f"2020-05-01T00:0{n}:00Z"}) + "\n"
            for n in range(3)
        )
    )

    def newswatch(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        command = [*NEWSWATCH, *arguments, "--brokers", brokers]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == status, done.stderr
        return done

    newswatch("topics", "create", "--rules", str(rules), "--partitions", "2")
    log = tmp_path / "worker.log"
    options = ["worker", "--rules", str(rules), "--set", f"data_dir={tmp_path}"]
    options += ["--set", "session_timeout_seconds=10", "--set", "heartbeat_seconds=2"]
    command = [*NEWSWATCH, *options, "--brokers", brokers]
    with default_port_in_use(), log.open("wb") as sink, subprocess.Popen(command, stdout=sink, stderr=sink) as worker:
        watchdog = threading.Timer(240, worker.kill)
        watchdog.start()
        try:
            assert "3 articles sent" in newswatch("ingest", str(articles)).stderr
            shown = newswatch("subscribe", "--from-beginning", "--format", "json", "--max", "1").stdout
            (port,) = re.findall(r"port 9464 is in use, so metrics are on port (\d+)", log.read_text())
            for flags, says in (
                (("--metrics-port", port), f"metrics_port {port} on 127.0.0.1 is in use by another process"),
                (("--set", "metrics_host=203.0.113.9"), "metrics_host 203.0.113.9: cannot listen there"),
            ):
                second = newswatch(*options, *flags, status=2)
                assert says in second.stderr.splitlines()[-1]
                assert "Traceback" not in second.stderr
        finally:
            watchdog.cancel()
            worker.terminate()
    alert = json.loads(shown)
    assert (alert["rule"], alert["state"]) == ("quakes", "firing")
    said = log.read_text()
    assert said.count("this broker gives out no producer ids") == 1
    assert brokers in re.findall(r".*producer ids.*", said)[0]
    assert "Traceback" not in said
    assert "UnknownError" not in said
    assert worker.returncode == 0


def test_the_embedded_broker_gives_no_producer_ids(embedded_broker: EmbeddedBroker) -> None:
    assert not gives_producer_ids(load_settings(brokers=embedded_broker.bootstrap_servers))


@pytest.mark.kafka
def test_apache_kafka_gives_producer_ids(kafka: KafkaCluster) -> None:
    assert gives_producer_ids(load_settings(brokers=kafka.bootstrap_servers))


def test_idempotence_stays_on_if_no_broker_answers() -> None:
    assert gives_producer_ids(load_settings(brokers="127.0.0.1:1"))
