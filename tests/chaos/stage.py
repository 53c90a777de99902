"""The stage of a chaos test: topics, workers that are started again when they end, a feed, and what came of it."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NotCoordinatorError

from detectors.model.event_time import parse_time
from streams.kafka.clients import admin_client
from streams.kafka.topics import create_topics, topic_specs
from streams.monitoring.scrape import WorkerStatus, total
from streams.processes.ports import free_ports
from streams.records.article import BadArticleError, decode_article
from streams.settings import Settings, load_settings
from streams.sources.feed import Feed
from tests.chaos.outcome import Outcome
from tests.rigs.topics import records

READY_SECONDS = 60.0
END_SECONDS = 100.0
#: A feed that fails is begun again so often.
FEEDS = 4
#: Articles a second that workers get through at least, whatever else the machine does.
SLOWEST = 50
RESTART_SECONDS = 0.5
_ORACLE: dict[str, dict[str, str]] = {}


class Worker:
    """One `newswatch worker`, started again whenever it ends, as whoever runs it in earnest would do.

    `wrap` goes before the command (another network); `host` is where its status is served.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        *,
        wrap: Sequence[str] = (),
        host: str = "127.0.0.1",
        **flags: Any,
    ) -> None:
        self.port = free_ports(1)[0]
        self.status = WorkerStatus(f"{host}:{self.port}")
        self.log = folder / f"worker-{self.port}.log"
        self.restarts = 0
        self.kept = True
        given = settings.model_dump(exclude_defaults=True, exclude_none=True)
        given |= {"metrics_port": self.port, "metrics_host": host, "data_dir": folder / f"data-{self.port}"} | flags
        self._command = [*wrap, sys.executable, "-m", "streams.cli", "worker"]
        for name, value in given.items():
            text = ",".join(value) if isinstance(value, list) else str(value)
            self._command += ["--set", f"{name}={text}"]
        self._lock = threading.RLock()
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as sink:
            return subprocess.Popen(self._command, stdout=sink, stderr=sink)

    def keep(self) -> None:
        """Start it again if it has ended."""
        with self._lock:
            if self.kept and self.process.poll() is not None:
                self.restarts += 1
                self.process = self._start()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal; the keeper does the rest."""
        with self._lock:
            if self.process.poll() is None:
                self.process.send_signal(number)

    def end(self, seconds: float = 12.0) -> int:
        """Stop it for good, in order; its exit status."""
        with self._lock:
            self.kept = False
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def wait_ready(self) -> Self:
        deadline = time.monotonic() + READY_SECONDS
        while not self.status.ready():
            assert time.monotonic() < deadline, f"a worker is not ready\n{self.log.read_text()[-4000:]}"
            time.sleep(0.2)
        return self


@dataclass
class Injection:
    """One fault that was made: when, and how far each partition had come and was to come then."""

    at: float
    committed: dict[int, int]
    ends: dict[int, int]
    recovered: float | None = None


@dataclass
class Stage:
    """Topics and workers of one test, fed with articles; held at the end against `newswatch scan` of the same."""

    brokers: str
    name: str
    folder: Path
    rules: Path
    partitions: int = 6
    replication: int = 1
    settings: Settings = field(init=False)
    workers: list[Worker] = field(default_factory=list)
    fed: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = load_settings(
            brokers=self.brokers,
            app_id=self.name,
            topic_prefix=f"{self.name}.",
            rules=self.rules,
            partitions=self.partitions,
            replication_factor=self.replication,
            session_timeout_seconds=4.0,
            heartbeat_seconds=0.5,
            request_timeout_seconds=15.0,
            rules_reload_seconds=0.3,
            advance_when_silent=False,
        )
        create_topics(self.settings, topic_specs(self.settings))
        self._admin = admin_client(self.settings)
        self._reader = KafkaConsumer(
            bootstrap_servers=self.settings.brokers,
            enable_auto_commit=False,
            group_id=None,
            request_timeout_ms=12_000,
            metadata_max_age_ms=3000,
        )
        self._asking = threading.Lock()
        self._injections: list[Injection] = []
        self._committed: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._keep, self._watch)]
        for thread in self._threads:
            thread.start()

    def start(self, number: int = 1, *, ready: bool = True, **options: Any) -> list[Worker]:
        """Start workers, and wait until they are ready."""
        new = [Worker(self.settings, self.folder, **options) for _ in range(number)]
        self.workers += new
        if ready:
            for worker in new:
                worker.wait_ready()
        return new

    def feed(self, records: Iterable[bytes], seconds: float = 0.0) -> None:
        """Send articles as `newswatch ingest` does, spread over so many seconds."""
        every = list(records)
        self.fed += every
        started = time.monotonic()
        left = list(range(len(every)))
        for _ in range(FEEDS):
            sent: set[int] = set()
            try:
                with Feed(self.settings) as feed:
                    for number in left:
                        feed.send(every[number], lambda _, number=number, sent=sent: sent.add(number))
                        due = started + seconds * number / len(every)
                        if due > time.monotonic():
                            time.sleep(due - time.monotonic())
                    feed.flush()
            except (
                KafkaError,
                OSError,
            ):  # with the brokers away for long, it says so; then what is missing is fed again
                left = [number for number in left if number not in sent]
                continue
            return
        raise AssertionError(f"{len(left)} articles could not be sent")

    def feeding(self, records: Iterable[bytes], seconds: float) -> "Feeding":
        """The same in the background, around a fault."""
        return Feeding(self, records, seconds)

    def fault(self) -> None:
        """Note that a fault was just made; the time until every partition has moved on is its recovery time."""
        # As last seen: to ask now would wait for brokers that the fault has taken away.
        self._injections.append(Injection(time.monotonic(), dict(self._committed), dict(self._ends)))

    def finish(self, fault: str, seed: int) -> Outcome:
        """Wait until everything is processed, and say what came of it."""
        unseen = self.wait_until_done()
        file = self.folder / "articles.jsonl"
        file.write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in self.fed))
        expected = self._scan(file)
        alerts = self.alerts()
        revisions = {(alert["id"], alert["revision"]) for alert in alerts}
        began = [alert_id for alert_id, _ in {(a["id"], a["revision"]) for a in alerts if a["state"] == "firing"}]
        arrived = {record.key for record in self._read("articles.enriched")}
        dead = {record.value for record in self._read("articles.dead")}
        lost = [line for line in self.fed if _id(line) not in arrived and line not in dead]
        found = {alert["id"] for alert in alerts}
        waits = [one.recovered - one.at for one in self._injections if one.recovered is not None]
        return Outcome(
            fault=fault,
            seed=seed,
            articles=len(self.fed),
            alerts=len(expected),
            lost_articles=len(lost),
            lost_alerts=sorted(expected[id_] for id_ in set(expected) - found),
            unexpected=sorted(f"{a['rule']} {a['group']} {a['starts_at']}" for a in alerts if a["id"] not in expected),
            duplicates=len(began) - len(set(began)),
            raw_duplicates=len(alerts) - len(revisions),
            late=self.late(),
            faults=len(self._injections),
            restarts=sum(worker.restarts for worker in self.workers),
            recovery=waits,
            unseen=unseen,
        )

    def alerts(self) -> list[dict[str, Any]]:
        """Every alert on the topic, as it lies there."""
        return [json.loads(record.value) for record in self._read("alerts") if record.value is not None]

    def late(self) -> int:
        """Late observations as the workers that run now have counted; what killed ones had counted went with them."""
        samples = (worker.status.samples() for worker in self.workers)
        return int(sum(total(found, "newswatch_late_observations_total") for found in samples))

    def close(self) -> None:
        """Stop everything."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(20)
        self._admin.close()
        self._reader.close()
        for worker in self.workers:
            worker.kept = False
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                worker.process.kill()
        for worker in self.workers:
            worker.process.wait()

    def committed(self, topic: str = "articles", patience: float = END_SECONDS) -> dict[int, int]:
        """The offsets that the group has committed, by partition."""
        name = self.settings.topic(topic)
        stored = self._ask(lambda: self._admin.list_group_offsets({self.settings.app_id: None}), patience)
        found = stored.get(self.settings.app_id, {})
        return {tp.partition: one.offset for tp, one in found.items() if tp.topic == name and one.offset >= 0}

    def ends(self, topic: str = "articles", patience: float = END_SECONDS) -> dict[int, int]:
        """The end offsets of a topic, by partition."""
        tps = [TopicPartition(self.settings.topic(topic), number) for number in range(self.partitions)]
        return {tp.partition: end for tp, end in self._ask(lambda: self._reader.end_offsets(tps), patience).items()}

    def _ask(self, question: Callable[[], Any], patience: float) -> Any:
        deadline = time.monotonic() + patience
        while True:
            try:
                with self._asking:
                    return question()
            except (KafkaError, OSError) as error:  # the brokers may be what is broken
                if time.monotonic() > deadline or self._stopping.is_set():
                    raise
                time.sleep(0.5)
                if isinstance(error, NotCoordinatorError):  # which this client goes on asking
                    with self._asking:
                        self._admin.close()
                        self._admin = admin_client(self.settings)

    def logs(self) -> str:
        """The end of every worker's log."""
        return "\n".join(f"--- {w.log.name}\n{w.log.read_text()[-2500:]}" for w in self.workers)

    def wait_until_done(self) -> int:
        """Wait for articles, for event time, then for what follows through two hops; returns how many are left."""
        deadline = time.monotonic() + END_SECONDS + len(self.fed) / SLOWEST
        left = self._wait("articles", self.ends("articles"), deadline)
        left += self._wait_for_event_time(max(filter(None, map(_time, self.fed))), deadline)
        for _ in range(3):  # what event time lets go, and what chains make of that
            time.sleep(1.5)
            left += self._wait("observations", self.ends("observations"), deadline)
        return left

    def _wait(self, topic: str, target: dict[int, int], deadline: float) -> int:
        while True:
            done = self.committed(topic)
            left = sum(max(end - done.get(partition, 0), 0) for partition, end in target.items())
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.3)

    def _wait_for_event_time(self, newest: datetime, deadline: float) -> int:
        """Wait until every partition of observations has come so far; returns how many have not."""
        while True:
            found = [worker.status.samples() for worker in self.workers]
            pairs = [pair for samples in found for pair in samples.get("newswatch_watermark_timestamp_seconds", ())]
            there = {labels["partition"] for labels, value in pairs if value >= newest.timestamp() - 0.001}
            if len(there) == self.partitions or time.monotonic() > deadline:
                return self.partitions - len(there)
            time.sleep(0.3)

    def _scan(self, file: Path) -> dict[str, str]:
        """What `newswatch scan` says of the same articles; asked once, for most faults are fed the same."""
        key = sha256(file.read_bytes() + (self.rules / "rules.yaml").read_bytes()).hexdigest()
        if key not in _ORACLE:
            _ORACLE[key] = self._ask_scan(file)
        return _ORACLE[key]

    def _ask_scan(self, file: Path) -> dict[str, str]:
        command = [sys.executable, "-m", "streams.cli", "scan", str(file), "--rules", str(self.rules)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = map(json.loads, output.splitlines())
        return {alert["id"]: f"{alert['rule']} {alert['group']} {alert['starts_at']}" for alert in found}

    def _read(self, topic: str) -> list[Any]:
        return list(records(self.settings, topic))

    def _keep(self) -> None:
        while not self._stopping.wait(RESTART_SECONDS):
            for worker in list(self.workers):
                worker.keep()

    def _watch(self) -> None:
        """Follow how far the group has come, to tell when it has recovered from each fault."""
        while not self._stopping.wait(0.25):
            self._look()
            now = time.monotonic()
            for one in self._injections:
                if one.recovered is None and all(
                    self._committed.get(p, 0) > one.committed.get(p, 0) or self._committed.get(p, 0) >= end
                    for p, end in one.ends.items()
                ):
                    one.recovered = now

    def _look(self) -> None:
        try:
            self._committed, self._ends = self.committed(patience=0), self.ends(patience=0)
        except (KafkaError, OSError):  # the brokers may be what is broken
            return


class Feeding:
    """Articles that are being sent in the background; leaving it waits for the last."""

    def __init__(self, stage: Stage, records: Iterable[bytes], seconds: float) -> None:
        self._error: BaseException | None = None
        self._run: Callable[[], None] = lambda: stage.feed(records, seconds)
        self._thread = threading.Thread(target=self._feed, daemon=True)

    def _feed(self) -> None:
        try:
            self._run()
        except BaseException as error:
            self._error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        if self._error is not None:
            raise self._error


def _time(line: bytes) -> datetime | None:
    """The time of a dated article."""
    try:
        return parse_time(decode_article(line).published_at or "")
    except BadArticleError:
        return None


def _id(line: bytes) -> bytes | None:
    try:
        return decode_article(line).key.encode()
    except BadArticleError:
        return None
