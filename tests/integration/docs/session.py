"""A reader at a terminal: runs the commands of documents one after the other, in a folder with what they name."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from streams.brokers.kafka_cluster import tool
from streams.monitoring.scrape import WorkerStatus
from streams.processes.ports import free_ports
from tests.integration.docs.blocks import ROOT, Block

BROKER = "localhost:9092"
METRICS = "127.0.0.1:9464"
CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"

#: Commands that no test runs, by how they begin, and why not.
NOT_RUN = {
    "make install": "the environment of the tests is what it makes",
    "make test": "it is what runs this",
    ". .venv/bin/activate": "the test has its folder in PATH",
    "make wheel": "tests/integration/deploy/test_checks.py builds the wheel",
    "python3 -m venv": "tests/integration/deploy/test_checks.py installs the wheel into an environment of its own",
    "/opt/newswatch/bin/": "tests/integration/deploy/test_checks.py does so in an environment of its own",
    "docker compose up": "there is no engine; `make check` validates docker-compose.yml",
    "docker build": "there is no engine; tests/integration/deploy/test_checks.py runs the steps of the Dockerfile",
    "kubectl": "there is no cluster; tests/unit/deploy/test_kubernetes.py checks the manifests",
    "newswatch collect": "it runs for ever; tests/integration/streams/collector runs it on Kafka",
    "curl -H": "it needs the collector; tests/integration/streams/collector/test_collector.py posts articles",
    "newswatch broker": "the test has a broker already; tests/integration/streams/brokers/test_brokers.py starts brokers",
}


class Session:
    """One folder, one environment, and the worker that was started last."""

    def __init__(self, folder: Path, brokers: str | None = None) -> None:
        self._folder = folder
        self._brokers = brokers
        self._port = free_ports(1)[0]
        self._worker: subprocess.Popen[bytes] | None = None
        for name in ("deploy", "docs", "streams"):
            (folder / name).symlink_to(ROOT / name)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("NEWSWATCH_", "KAFKA_"))},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "NEWSWATCH_METRICS_PORT": str(self._port),
        }

    def save(self, block: Block) -> None:
        """Write a block with a title to the file of that name."""
        assert block.title is not None
        file = self._folder / block.title
        assert self._folder.resolve() in file.resolve().parents, f"{block}: {block.title} is not below the folder"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")

    def run(self, block: Block) -> str | None:
        """Run the commands of a block; returns what they print, None where none of them is run.

        A command may fail where the block shows what it prints.
        """
        printed = []
        for line in block.text.replace("\\\n", " ").splitlines():
            command = line.partition("#")[0].strip()
            if not command:
                continue
            if any(command.startswith(beginning) for beginning in NOT_RUN):
                continue
            printed.append(self._run(command, str(block), may_fail=block.output is not None))
        return self._as_in_documents("".join(printed)) if printed else None

    def _run(self, command: str, place: str, *, may_fail: bool) -> str:
        if command == "make demo":
            command = f"make -s -C {ROOT} demo ARGS='--exit-when-idle --pause 0'"
        command = command.replace(BROKER, self._brokers or BROKER).replace(METRICS, f"127.0.0.1:{self._port}")
        words = shlex.split(command)
        if words[:2] == ["newswatch", "worker"] and "--help" not in words:
            return self._start_worker(words)
        if words[0] == "kafka-console-consumer.sh":
            return tool(CONSOLE_CONSUMER, *words[1:]).stdout
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0 or may_fail, f"{place}: {command}\n{done.stdout[-4000:]}"
        assert "Traceback" not in done.stdout, f"{place}: {command}\n{done.stdout[-4000:]}"
        return done.stdout

    def _start_worker(self, words: list[str]) -> str:
        assert self._worker is None, "the documents start a worker once"
        log = self._folder / "worker.log"
        with log.open("wb") as sink:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", *words[1:]],
                cwd=self._folder,
                env=self._environment,
                stdout=sink,
                stderr=sink,
            )
        status = WorkerStatus(f"127.0.0.1:{self._port}")
        deadline = time.monotonic() + 60
        while not status.ready():
            assert self._worker.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.1)
        return ""

    def _as_in_documents(self, printed: str) -> str:
        if self._brokers is not None:
            printed = re.sub(re.escape(self._brokers), BROKER, printed)
        return printed

    def close(self) -> None:
        """Stop the worker."""
        if self._worker is not None:
            self._worker.terminate()
            self._worker.wait(60)
