"""Every command of the README runs, against a real Kafka where it needs one, in the README's order."""

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from streams.brokers.kafka_cluster import KafkaCluster, tool
from streams.monitoring.scrape import WorkerStatus
from streams.processes.ports import free_ports

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip() and not line.startswith("#")
]
CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"


def run(*command: str, timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_command_runs(kafka: KafkaCluster, tmp_path: Path) -> None:
    port = free_ports(1)[0]
    worker: subprocess.Popen[bytes] | None = None
    log = tmp_path / "worker.log"
    seen = set()
    try:
        for line in COMMANDS:
            words = shlex.split(line.replace("localhost:9092", kafka.bootstrap_servers))
            newswatch = [sys.executable, "-m", "streams.cli", *words[1:]]
            match words:
                case ["make", "demo"]:
                    said = run("make", "-s", "demo", "ARGS=--exit-when-idle --pause 0").stdout
                    assert "WARNING" in said
                case ["make", "test"]:
                    assert "\ntest:" in (ROOT / "Makefile").read_text()  # it is what runs this
                case ["docker", "compose", *_]:
                    run(".ci/compose-check", "docker-compose.yml")  # here is no engine to bring it up with
                case ["newswatch", "worker", *rest] if "--help" not in rest:
                    with log.open("wb") as sink:
                        worker = subprocess.Popen(
                            [*newswatch, "--metrics-port", str(port), "--set", f"data_dir={tmp_path}/a/b"],
                            cwd=ROOT, stdout=sink, stderr=sink,
                        )  # fmt: skip
                    wait_ready(worker, WorkerStatus(f"127.0.0.1:{port}"), log)
                case ["newswatch", "subscribe", *_]:
                    assert " UTC" in run(*newswatch, "--max", "1").stdout
                case ["kafka-console-consumer.sh", *rest]:
                    said = tool(CONSOLE_CONSUMER, *rest, "--max-messages", "1").stdout
                    assert '"rule":' in said
                case ["newswatch", *_]:
                    run(*newswatch)
                case _:
                    pytest.fail(f"the README has a command that this test does not know: {line}")
            seen.add(" ".join(words[:2]))
    finally:
        if worker is not None:
            worker.terminate()
            worker.wait(20)
    assert {"make demo", "newswatch worker", "newswatch ingest", "newswatch subscribe"} <= seen


def wait_ready(worker: subprocess.Popen[bytes], status: WorkerStatus, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not status.ready():
        assert worker.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.1)


def test_the_rules_in_the_readme_are_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "rules.yaml").write_text(block)
        assert yaml.safe_load(block)["rules"]
        run(sys.executable, "-m", "streams.cli", "rules", "check", str(folder))


def test_the_files_that_the_readme_names_are_there() -> None:
    for place in re.findall(r"^\| `([a-z/_.]+)`", README, re.MULTILINE):
        if "/" in place:
            assert (ROOT / place).exists(), place
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
