"""The whole pipeline on one machine with nothing else installed: embedded broker, topics, a worker, articles, alerts.

The broker and the worker are separate processes that never outlive this one.
"""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, sleep

import msgspec

from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle
from streams.brokers.embedded import EmbeddedBroker
from streams.demo.evidence import evidence_sentence
from streams.hot_reload.folder import RulesFolder, find_rules
from streams.kafka.clients import consumer as make_consumer
from streams.kafka.topics import ALERTS, ENRICHED, create_topics, topic_specs
from streams.monitoring.scrape import WorkerStatus, total
from streams.processes.command import newswatch
from streams.processes.ports import answers, free_ports
from streams.processes.server_process import ServerError, ServerProcess
from streams.records.article import BadArticleError, decode_article
from streams.settings import Settings, load_settings
from streams.sources.feed import Feed
from streams.transport.consumer import FETCH_WAIT_MS

READY_SECONDS = 60.0
POLL_SECONDS = 0.25


class Shown(msgspec.Struct, frozen=True):
    """A received alert, with its evidence sentence, and the seconds since its article was sent."""

    alert: Alert
    sentence: str | None
    seconds: float | None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a run; times in seconds."""

    articles: int
    enriched: int
    dead_letters: int
    alerts: dict[str, int]
    seconds: float
    articles_per_second: float
    median_seconds: float | None
    p99_seconds: float | None


class Demo:
    """A running demo; a context manager.

    Args:
        rules: folder of rules; None: the default of all commands.
        metrics_port: preferred port of the metrics; if it is in use, another is picked.
        advance_when_silent: whether event time advances after the input has ended.

    Raises:
        ServerError: the broker or the worker does not start.
    """

    def __init__(self, *, rules: Path | None, metrics_port: int, advance_when_silent: bool) -> None:
        self._rules = find_rules(rules).resolve()
        self.metrics_port = free_ports(1)[0] if answers(metrics_port) else metrics_port
        self._advance_when_silent = advance_when_silent
        self._stack = ExitStack()
        self._sent_at: dict[str, float] = {}
        self._sent = 0
        self._newest: datetime | None = None
        self._fed = threading.Event()
        self._stop = threading.Event()
        self._started = self._ended = monotonic()
        self._alerts: Counter[str] = Counter()
        self._received = 0
        self._latencies: list[float] = []
        self._articles: dict[str, EnrichedArticle] = {}
        self._failure: BaseException | None = None

    def __enter__(self) -> Demo:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._stack.close()

    def feed(self, records: Iterator[bytes], pause: float) -> None:
        """Send records in the background, with ``pause`` seconds between two."""
        self._started = monotonic()
        thread = threading.Thread(target=self._feed, args=(records, pause), name="feed", daemon=True)
        thread.start()
        self._stack.callback(thread.join, 5.0)
        self._stack.callback(self._stop.set)

    def alerts(self) -> Iterator[Shown | None]:
        """The alerts as they arrive, without end; None after each poll that found no new alert.

        Raises:
            ServerError: the worker or the broker ended.
        """
        decoder = msgspec.json.Decoder(Alert)
        articles = msgspec.json.Decoder(EnrichedArticle)
        seen: set[tuple[str, int]] = set()
        while True:
            self._worker.require_running()
            if self._failure is not None:
                raise self._failure
            batches = self._consumer.poll(timeout_ms=int(POLL_SECONDS * 1000))
            records = [record for batch in batches.values() for record in batch]
            for record in records:
                if record.topic == ENRICHED:
                    article = articles.decode(record.value)
                    self._articles[article.id] = article
            fresh = [decoder.decode(record.value) for record in records if record.topic == ALERTS]
            for alert in fresh:
                if (alert.id, alert.revision) in seen:
                    continue
                seen.add((alert.id, alert.revision))
                yield self._shown(alert)
            if not fresh:
                yield None

    def idle(self) -> bool:
        """Whether all input is processed and committed, event time is at its end, and every alert was received."""
        if not self._fed.is_set():
            return False
        samples = self._status.samples()
        done = total(samples, "newswatch_articles_total") >= self._sent
        committed = total(samples, "newswatch_committed_offset") >= self._sent
        observed = total(samples, "newswatch_observations_handled_total") >= total(
            samples, "newswatch_observations_total"
        )
        received = self._received >= total(samples, "newswatch_alerts_published_total")
        watermarks = [value for _, value in samples.get("newswatch_watermark_timestamp_seconds", ())]
        newest = self._newest.timestamp() if self._newest is not None else None
        current = newest is None or (bool(watermarks) and min(watermarks) >= newest - 0.001)
        idle = done and committed and observed and received and current
        if not idle:
            self._ended = monotonic()
        return idle

    def summary(self) -> Summary:
        """The result of the run so far."""
        samples = self._status.samples()
        outcomes = {labels["outcome"]: int(value) for labels, value in samples.get("newswatch_articles_total", ())}
        seconds = max(self._ended - self._started, 1e-9)
        latencies = self._latencies
        return Summary(
            articles=self._sent,
            enriched=outcomes.get("enriched", 0),
            dead_letters=outcomes.get("dead", 0),
            alerts=dict(sorted(self._alerts.items())),
            seconds=seconds,
            articles_per_second=self._sent / seconds,
            median_seconds=median(latencies) if latencies else None,
            p99_seconds=quantiles(latencies, n=100, method="inclusive")[98] if len(latencies) > 1 else None,
        )

    def _start(self) -> None:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="newswatch-demo-")))
        broker = self._stack.enter_context(EmbeddedBroker())
        settings = self._settings(broker.bootstrap_servers)
        named = RulesFolder(self._rules).load().topics()
        create_topics(settings, topic_specs(settings, named))
        self._worker = ServerProcess(newswatch("worker", settings, data_dir=folder), log=folder / "worker.log")
        self._stack.callback(self._worker.stop)
        self._status = WorkerStatus(f"127.0.0.1:{self.metrics_port}")
        self._feed_connection = self._stack.enter_context(closing_feed(settings))
        self._consumer = make_consumer(
            settings,
            ALERTS,
            ENRICHED,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        self._stack.callback(self._consumer.close)
        deadline = monotonic() + READY_SECONDS
        while not self._status.ready():
            self._worker.require_running()
            if monotonic() > deadline:
                raise ServerError(f"the worker was not ready after {READY_SECONDS:.0f} s\n{self._worker.log_tail()}")
            sleep(0.1)

    def _settings(self, bootstrap_servers: str) -> Settings:
        return load_settings(
            brokers=bootstrap_servers,
            app_id="newswatch-demo",
            rules=self._rules,
            partitions=1,
            metrics_port=self.metrics_port,
            session_timeout_seconds=10.0,
            heartbeat_seconds=2.0,
            advance_when_silent=self._advance_when_silent,
            idempotence=False,  # the embedded broker gives no producer ids
            security_protocol="PLAINTEXT",
        )

    def _feed(self, records: Iterator[bytes], pause: float) -> None:
        try:
            for record in records:
                if self._stop.is_set():
                    return
                self._note(record)
                self._feed_connection.send(record)
                self._sent += 1
                if pause:
                    self._stop.wait(pause)
            self._feed_connection.flush()
        except BaseException as error:  # noqa: BLE001 - raised in alerts(), which ends the demo
            self._failure = error
        finally:
            self._fed.set()

    def _note(self, record: bytes) -> None:
        try:
            article = decode_article(record)
        except BadArticleError:
            return
        now = datetime.now(UTC)
        time = article.event_time(now)
        self._newest = max(time, self._newest or time)
        self._sent_at[article.key] = monotonic()

    def _shown(self, alert: Alert) -> Shown:
        self._received += 1
        self._alerts[alert.rule] += alert.state == "firing"
        newest = alert.evidence[-1] if alert.evidence else None
        sent_at = self._sent_at.get(newest.article_id) if newest is not None else None
        seconds = monotonic() - sent_at if sent_at is not None else None
        if seconds is not None:
            self._latencies.append(seconds)
        article = self._articles.get(newest.article_id) if newest is not None else None
        sentence = evidence_sentence(article, newest.spans) if article is not None and newest is not None else None
        return Shown(alert, sentence, seconds)


@contextmanager
def closing_feed(settings: Settings) -> Iterator[Feed]:
    """A feed that is closed at the end, even if the broker fails."""
    with Feed(settings) as connection:
        yield connection


def run(demo: Demo, show: Callable[[Shown], None], *, exit_when_idle: bool, on_idle: Callable[[], None]) -> None:
    """Show alerts as they arrive, forever or until everything is processed; call ``on_idle`` once, at that moment."""
    was_idle = False
    for shown in demo.alerts():
        if shown is not None:
            show(shown)
        elif not was_idle and demo.idle():
            was_idle = True
            on_idle()
            if exit_when_idle:
                return
