"""What tests, benchmarks and soaks share: workers on a real Kafka, prefilled logs, and CPU and memory read from /proc."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self

from kafka import KafkaProducer

from streams.brokers.kafka_cluster import KafkaCluster
from streams.hot_reload.folder import RulesFolder
from streams.kafka.topics import create_topics, topic_specs
from streams.monitoring.scrape import WorkerStatus, total
from streams.processes.ports import free_ports
from streams.settings import Settings, load_settings
from tests.rigs.topics import records

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
READY_SECONDS = 90.0

#: Rules of each sort: fire at once, count in a window, wait for the watermark.
RULES = """
rules:
  - name: human-rights
    kind: match
    where: {sentence: {official: {class: [foreign_minister, diplomat, spokesperson]}, theme: human_rights}}
  - name: marker
    kind: match
    where: {text: kingfisher}
  - name: surge
    kind: frequency
    where: {theme: [armed_conflict, counterterrorism, diplomacy]}
    group_by: [country]
    window: 1h
    at_least: {warning: 20, critical: 100}
"""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def thread_seconds(pid: int) -> dict[str, float]:
    """CPU time of each thread of a process so far, by the thread's id."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {task.name: int((task / "schedstat").read_text().split()[0]) / 1e9 for task in tasks}


def machine_seconds() -> float:
    """CPU time that all processes of the machine have used so far."""
    user, nice, system, _, _, irq, softirq, *_ = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(map(int, (user, nice, system, irq, softirq))) / TICKS


def resident_bytes(pid: int) -> int:
    """Memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def open_files(pid: int) -> int:
    """File handles of a process."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


class Program:
    """A process under measurement, with a log; stopped at the end of the `with` block."""

    def __init__(self, command: Sequence[str], log: Path, cores: set[int] | None = None) -> None:
        self.log = log
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                command,
                stdout=sink,
                stderr=sink,
                preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
            )
        self.pid = self.process.pid

    def require_running(self) -> None:
        assert self.process.poll() is None, f"it ended\n{self.log.read_text()[-4000:]}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 20.0) -> int:
        """Ask it to end, and kill it when it does not within so many seconds; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode


class Worker(Program):
    """One `newswatch worker`."""

    def __init__(self, settings: Settings, log: Path, *flags: str, wrap: Sequence[str] = ()) -> None:
        self.port = free_ports(1)[0]
        self.status = WorkerStatus(f"127.0.0.1:{self.port}")
        options = {
            "brokers": ",".join(settings.brokers),
            "app_id": settings.app_id,
            "topic_prefix": settings.topic_prefix,
            "rules": settings.rules,
            "metrics_port": self.port,
            "data_dir": log.parent,
            "session_timeout_seconds": 10.0,
        }
        given = (*(f"{name}={value}" for name, value in options.items()), *flags)
        command = [*wrap, sys.executable, "-m", "streams.cli", "worker"]
        super().__init__([*command, *(part for flag in given for part in ("--set", flag))], log)

    def wait_ready(self) -> Self:
        deadline = time.monotonic() + READY_SECONDS
        while not self.status.ready():
            self.require_running()
            assert time.monotonic() < deadline, f"not ready\n{self.log.read_text()[-4000:]}"
            time.sleep(0.1)
        return self

    def metric(self, name: str) -> float:
        """A metric's sum over its labels, 0 where it has no sample or the worker does not answer."""
        return total(self.status.samples(), name)


@dataclass(frozen=True)
class Moment:
    """A reading of the clock, of the articles that each worker has done, and of CPU seconds."""

    time: float
    done: tuple[float, ...]
    workers: float
    broker: float
    machine: float

    def since(self, earlier: Moment) -> Spent:
        """What was done and spent from an earlier moment on."""
        return Spent(
            seconds=self.time - earlier.time,
            articles=sum(self.done) - sum(earlier.done),
            workers=self.workers - earlier.workers,
            broker=self.broker - earlier.broker,
            machine=self.machine - earlier.machine,
        )


@dataclass(frozen=True)
class Spent:
    """Seconds that went by, articles done in them, and CPU seconds of the workers, the broker and the whole machine."""

    seconds: float = 0.0
    articles: float = 0.0
    workers: float = 0.0
    broker: float = 0.0
    machine: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def speed(self) -> float:
        """Articles a second."""
        return self.articles / self.seconds

    @property
    def ceiling(self) -> float:
        """How many times as fast two workers on two cores can be as this one: 2w/(w+b) of their CPU an article."""
        return 2 * self.workers / (self.workers + self.broker)


class Stream:
    """Topics of its own on a broker, and the workers on them."""

    def __init__(self, kafka: KafkaCluster, folder: Path, rules: str = RULES, *, partitions: int = 6) -> None:
        name = f"b{uuid.uuid4().hex[:8]}"
        self.kafka = kafka
        self.folder = folder / name
        (self.folder / "rules").mkdir(parents=True)
        (self.folder / "rules" / "rules.yaml").write_text(rules)
        self.settings = load_settings(
            brokers=kafka.bootstrap_servers,
            app_id=name,
            topic_prefix=f"{name}.",
            rules=self.folder / "rules",
            partitions=partitions,
        )
        self.workers: list[Worker] = []
        self._numbers = itertools.count()
        named = RulesFolder(self.folder / "rules").load().topics()
        create_topics(self.settings, topic_specs(self.settings, named))

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop its workers, all at once; others can be started after."""
        self.go_on()
        for worker in self.workers:
            worker.process.poll() is None and worker.process.terminate()
        for worker in self.workers:
            worker.stop()
        self.workers.clear()

    def start(self, *flags: str, wrap: Sequence[str] = ()) -> Worker:
        worker = Worker(self.settings, self.folder / f"worker-{next(self._numbers)}.log", *flags, wrap=wrap)
        self.workers.append(worker)
        return worker

    def fill(self, articles: Iterable[dict[str, Any]]) -> int:
        """Put articles on the log; returns how many."""
        return self.send(json.dumps(article).encode() for article in articles)

    def send(self, records: Iterable[bytes]) -> int:
        """Put records on the log, spread evenly over the partitions, in order; returns how many."""
        producer = KafkaProducer(bootstrap_servers=self.settings.brokers, acks="all", linger_ms=20, batch_size=262_144)
        topic, count = self.settings.topic("articles"), 0
        for count, record in enumerate(records, start=1):
            producer.send(topic, value=record, partition=count % self.settings.partitions)
        producer.flush()
        producer.close()
        return count

    def hold(self) -> None:
        """Stop its workers in the middle of their work, as if time stood still for them."""
        for worker in self.workers:
            worker.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let the workers that were held go on."""
        for worker in self.workers:
            worker.process.send_signal(signal.SIGCONT)

    def moment(self) -> Moment:
        done = tuple(worker.metric("newswatch_articles_total") for worker in self.workers)
        return Moment(
            time.monotonic(),
            done,
            sum(cpu_seconds(worker.pid) for worker in self.workers),
            cpu_seconds(self.kafka.pid(1)),
            machine_seconds(),
        )

    def read(self, topic: str) -> Iterator[Any]:
        """Every record that a topic holds now."""
        return records(self.settings, topic)
