"""The whole stream on real Kafka: articles/s, the cost of each part, latency, and alternatives on the same machine.

Everything runs on one machine: one broker, one or two workers. A log is filled first with real articles made unique;
figures cover the time in which all workers are busy. The table of `test_throughput` includes the CPU that other
processes used meanwhile: much above 0.1 cores, the figures mean little.
"""

import itertools
import json
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from kafka import KafkaConsumer, KafkaProducer

from streams.brokers.kafka_cluster import KafkaCluster
from tests.bench.spent import Spent, moment
from tests.rigs.measurements import thread_seconds
from tests.rigs.stream import Stream
from tests.rigs.topics import partitions_of

Report = Callable[[str, list[dict[str, Any]]], None]
New = Callable[[str], Stream]
Articles = Callable[[int], Iterator[dict[str, Any]]]

START = datetime(2025, 3, 1, tzinfo=UTC)
SECONDS = 20.0
#: One worker and two workers take turns: seconds per turn, turns per round, and rounds, each with new workers.
TURN = 3.0
TURNS = 8
ROUNDS = 3
#: Timeout for the last alert, in seconds.
LAST_SECONDS = 10.0
LOOPS = Path(__file__).parent / "plain_loops.py"
#: Articles in the log, so that it never runs dry: more than any program reads in its time.
FILL = 40_000
FOUND: dict[str, float] = {}

#: Rules of each type: fire at once, count in a window, wait for the watermark.
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

#: CPU time of the parts of the pipeline, in a separate process, over the same articles.
PARTS = """
import json, sys, time
from datetime import UTC, datetime
from streams.pipeline.enrich import Enricher, Record
from streams.extraction.extractor import Extractor
from streams.hot_reload.folder import RulesFolder
from detectors.engine.matching import Engine
from pathlib import Path
engine = Engine(RulesFolder(Path(sys.argv[1])).load())
rows = [Record(value=line, timestamp=datetime.now(UTC)) for line in open(sys.argv[2], "rb")]
enricher = Enricher(Extractor())
spent = [0.0, 0.0]
for number in range(0, len(rows), 64):
    started = time.thread_time()
    articles = enricher.enrich(rows[number : number + 64])
    between = time.thread_time()
    for article in articles:
        engine.read(article)
    if number:  # the first batch loads what is loaded on first use
        spent[0] += between - started
        spent[1] += time.thread_time() - between
print(json.dumps([1000 * part / (len(rows) - 64) for part in spent]))
"""


@pytest.fixture
def articles(gold: Path) -> Articles:
    """Real articles, each made unique by an added sentence, dated one second apart, from twenty outlets."""
    files = (gold / "articles-more.jsonl", gold / "dev" / "articles.jsonl")
    texts = [(row.get("title") or "", row["text"]) for file in files for row in map(json.loads, file.open())]

    def make(count: int) -> Iterator[dict[str, Any]]:
        for number, (title, text) in zip(range(count), itertools.cycle(texts), strict=False):
            yield {
                "id": f"a{number}",
                "title": title,
                "text": f"{text} This is report number {number}.",
                "source": f"outlet-{number % 20}.example",
                "published_at": (START + timedelta(seconds=number)).isoformat(),
            }

    return make


def lines(articles: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """Articles as they are sent."""
    return (json.dumps(article).encode() for article in articles)


def started(stream: Stream, workers: int) -> Stream:
    """Start the stream's workers, wait until they are reading, and pause them."""
    for _ in range(workers):
        stream.start(session_timeout_seconds=120, request_timeout_seconds=150)
    for worker in stream.workers:
        worker.wait_ready()
    while not all(worker.metric("newswatch_articles_total") for worker in stream.workers):
        time.sleep(0.2)
    time.sleep(5)
    stream.signal(signal.SIGSTOP)
    return stream


def turn(stream: Stream, kafka: KafkaCluster) -> Spent:
    """Let the stream's workers run for one turn, while the other stream is paused."""
    stream.signal(signal.SIGCONT)
    time.sleep(1)
    first = moment(stream, kafka)
    time.sleep(TURN)
    last = moment(stream, kafka)
    stream.signal(signal.SIGSTOP)
    assert all(before < after for before, after in zip(first.done, last.done, strict=True)), (
        "the log ran dry: fill more"
    )
    return last.since(first)


@pytest.mark.timeout(600)
def test_throughput(kafka: KafkaCluster, new_stream: New, articles: Articles, report: Report) -> None:
    """One worker and two workers, each on its own log, run in turns of seconds while the others are paused.

    The speed of a shared machine varies by a tenth within a minute, more than the result tolerates. Turns that are
    seconds apart run under the same conditions, and the order alternates. Two processes of the same program differ in
    speed by a few hundredths for their whole lives, so each round starts new ones.
    """
    turns: list[tuple[Spent, Spent]] = []
    reading: list[float] = []
    with new_stream(RULES) as one, new_stream(RULES) as two:
        one.fill(lines(articles(FILL * 3)))
        two.fill(lines(articles(FILL * 5)))
        for _ in range(ROUNDS):
            started(one, 1)
            started(two, 2)
            first = thread_seconds(one.workers[0].pid)
            for number in range(TURNS):
                spent = {stream: turn(stream, kafka) for stream in ((two, one) if number % 2 else (one, two))}
                turns.append((spent[one], spent[two]))
            last = thread_seconds(one.workers[0].pid)
            took = [seconds - first.get(thread, 0.0) for thread, seconds in last.items()]
            reading.append(max(took) / sum(took))  # the extraction and matching thread is the busiest
            one.stop()
            two.stop()
    sums = [sum(column, start=Spent()) for column in zip(*turns, strict=True)]
    report(
        "stream-throughput",
        [
            {
                "workers": workers,
                "articles/s": spent.speed,
                "w, ms": 1000 * spent.workers / spent.articles,
                "b, ms": 1000 * spent.broker / spent.articles,
                "cores used": (spent.workers + spent.broker) / spent.seconds,
                "cores used by others": (spent.machine - spent.workers - spent.broker) / spent.seconds,
            }
            for workers, spent in enumerate(sums, start=1)
        ],
    )
    by_turns = [after.speed / before.speed / before.ceiling for before, after in turns]
    alone, both = sums
    share = both.speed / alone.speed / alone.ceiling
    scaling = {"two by one": both.speed / alone.speed, "ceiling 2w/(w+b)": alone.ceiling, "share": share}
    scaling |= {"least share of a turn": min(by_turns), "median": statistics.median(by_turns), "most": max(by_turns)}
    report("stream-scaling", [scaling])
    FOUND["articles/s"] = alone.speed
    FOUND["w"] = 1000 * alone.workers / alone.articles
    FOUND["reading"] = statistics.mean(reading)
    assert share >= 0.95


def test_where_the_time_goes(tmp_path: Path, articles: Articles, report: Report) -> None:
    """The share of the extraction and matching thread in the worker's time, split in the ratio of separate runs."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    file = tmp_path / "articles.jsonl"
    file.write_text("\n".join(map(json.dumps, articles(2000))))
    command = [sys.executable, "-c", PARTS, str(tmp_path / "rules"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    extraction, matching = json.loads(done.stdout)
    reading = FOUND["reading"]
    shares = {
        "extraction": reading * extraction / (extraction + matching),
        "matching": reading * matching / (extraction + matching),
        "Kafka, Faust, detectors, metrics": 1 - reading,
    }
    report("stream-parts", [{"part": name, "ms": share * FOUND["w"], "share": share} for name, share in shares.items()])
    assert reading >= 0.5, "moving articles takes more time than reading them"


class Pace:
    """Sends articles that each fire an alert, and measures the time until a subscriber receives it."""

    def __init__(self, stream: Stream, articles: Iterator[dict[str, Any]]) -> None:
        self.sent: dict[str, float] = {}
        self.seconds: list[float] = []
        self.began = self.ended = time.monotonic()
        self._stream = stream
        self._articles = articles
        self._stop = threading.Event()
        self._room = threading.Semaphore(0)

    @property
    def speed(self) -> float:
        """Alerts per second, from the first article sent to the last alert read."""
        return len(self.seconds) / (self.ended - self.began)

    def run(self, seconds: float, *, rate: float | None = None, in_flight: int = 0) -> Self:
        """Send `rate` articles per second at random times, or as fast as possible with `in_flight` unanswered."""
        settings = self._stream.settings
        consumer = KafkaConsumer(bootstrap_servers=settings.brokers, group_id=None)
        consumer.assign(partitions_of(consumer, settings.topic("alerts")))
        consumer.seek_to_end()
        for partition in consumer.assignment():
            consumer.position(partition)  # fix the position: read only what comes from here on
        reader = threading.Thread(target=self._read, args=(consumer,))
        reader.start()
        producer = KafkaProducer(bootstrap_servers=settings.brokers, acks="all", linger_ms=0)
        chance = random.Random(7)
        self._room = threading.Semaphore(in_flight)
        due = ends = self.began = time.monotonic()
        ends += seconds
        while time.monotonic() < ends:
            if rate is not None:
                due += chance.expovariate(rate)
                time.sleep(max(0.0, due - time.monotonic()))
            else:
                self._room.acquire(timeout=1)
            article = next(self._articles)
            article["text"] += " A kingfisher was seen."
            self.sent[article["id"]] = time.monotonic()
            producer.send(settings.topic("articles"), key=article["id"].encode(), value=json.dumps(article).encode())
        producer.flush()
        deadline = time.monotonic() + LAST_SECONDS
        while len(self.seconds) < len(self.sent) and time.monotonic() < deadline:
            time.sleep(0.05)
        self._stop.set()
        reader.join()
        producer.close()
        consumer.close()
        return self

    def _read(self, consumer: KafkaConsumer) -> None:
        while not self._stop.is_set():
            for records in consumer.poll(timeout_ms=100).values():
                now = time.monotonic()
                for record in records:
                    alert = json.loads(record.value)
                    sent = self.sent.get(alert["evidence"][0]["article_id"])
                    if alert["rule"] == "marker" and sent is not None:  # None: the article is from an earlier run
                        self.seconds.append(now - sent)
                        self.ended = now
                        self._room.release()


def test_latency(kafka: KafkaCluster, new_stream: New, articles: Articles, report: Report) -> None:
    """Latency at half of a worker's throughput on a full log, and at saturation.

    That half changes with the machine's speed, so before each turn another worker reads a full log and is then
    paused. The figures cover all turns together.
    """
    halves: list[Pace] = []
    with new_stream(RULES) as full, new_stream(RULES) as stream:
        full.fill(lines(articles(FILL)))
        started(full, 1)
        stream.start().wait_ready()
        endless = articles(FILL)
        for _ in range(TURNS):
            half = turn(full, kafka).speed / 2
            halves.append(Pace(stream, endless).run(SECONDS / 4, rate=half))
        full.stop()
        saturated = Pace(stream, endless).run(SECONDS, in_flight=256)
    halves = halves[1:]  # the first one warms up
    rows: list[dict[str, Any]] = []
    for load, paces in (("50%", halves), ("saturated, 256 under way", [saturated])):
        seconds = [second for pace in paces for second in pace.seconds]
        assert len(seconds) == sum(len(pace.sent) for pace in paces), f"an alert took more than {LAST_SECONDS} s"
        cuts = statistics.quantiles(seconds, n=100)
        speed = statistics.mean(pace.speed for pace in paces)
        row = {"load": load, "articles/s": speed, "p50, ms": 1000 * cuts[49], "p99, ms": 1000 * cuts[98]}
        rows.append(row | {"most, ms": 1000 * max(seconds)})
    report("stream-latency", rows)
    assert rows[0]["p50, ms"] < 100
    assert rows[0]["p99, ms"] < 500


def test_beside_others(new_stream: New, articles: Articles, report: Report) -> None:
    rows = [
        {
            "program": "newswatch, one worker",
            "articles/s": FOUND["articles/s"],
            "CPU, ms": FOUND["w"],
            "times ours": 1.0,
        }
    ]
    for kind, name in (("aiokafka", "our pipeline on plain aiokafka"), ("spacy", "plain loop, full spaCy pipeline")):
        with new_stream(RULES) as stream:
            stream.fill(lines(articles(FILL if kind == "aiokafka" else 2000)))
            settings = stream.settings
            command = [sys.executable, str(LOOPS), kind, ",".join(settings.brokers), settings.topic_prefix]
            command += [settings.app_id, str(settings.rules), str(settings.partitions), str(SECONDS)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr[-3000:]
        said = json.loads(done.stdout)
        speed = said["articles"] / said["seconds"]
        rows.append(
            {
                "program": name,
                "articles/s": speed,
                "CPU, ms": 1000 * said["cpu"] / said["articles"],
                "times ours": FOUND["articles/s"] / speed,
            }
        )
    report("stream-beside-others", rows)
    assert rows[2]["times ours"] >= 3
