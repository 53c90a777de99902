"""One worker: assembles rules, extraction, the two agents and the reporter on a Faust app, and runs until stopped."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from importlib.metadata import version
from typing import Any

import faust
from faust.streams import Stream
from faust.types import TP, StreamT

from detectors.garbage_collection import keep_what_is_loaded
from streams.fact_store.table import FactTable, local_copies, require_store
from streams.hot_reload.folder import RulesFolder, find_rules, vocabulary_of
from streams.hot_reload.load_limit import load_limit
from streams.hot_reload.rules_in_force import RulesInForce
from streams.kafka.access import require
from streams.kafka.topic_check import check_topics
from streams.kafka.topic_ids import TopicIds
from streams.kafka.topic_states import describe_topics
from streams.kafka.topics import ALERTS, ARTICLES, OBSERVATIONS, changelog_topic, ensure_topics, topic_specs
from streams.monitoring.health import Health, Watchdog
from streams.monitoring.http_port import HealthServer
from streams.monitoring.metrics import Metrics
from streams.pipeline.enrich import make_extractor
from streams.pipeline.pipeline import Pipeline
from streams.settings import Settings
from streams.settings.group_refusals import FencedError
from streams.settings.report import changed
from streams.transport.batching import Belt
from streams.transport.consumer import watch
from streams.transport.optional_topics import OptionalTopics
from streams.transport.producer_ids import gives_producer_ids
from streams.transport.start_offsets import Logs
from streams.worker.agents.articles import ArticleAgent
from streams.worker.agents.gauges import Gauges
from streams.worker.agents.log_watch import LogWatch
from streams.worker.agents.observations import ObservationAgent
from streams.worker.agents.progress_reports import ProgressReports
from streams.worker.agents.readiness import Readiness
from streams.worker.agents.reporter import Reporter
from streams.worker.app import create_app
from streams.worker.fenced_mark import FencedMark
from streams.worker.kafka_watch import kafka_watch
from streams.worker.membership import MembershipWatch
from streams.worker.shutdown import Fatal, start_again
from streams.worker.signals import while_running, while_stopping
from streams.worker.start import brokers_answer, wait_for_brokers

#: Timeout for the batches in work before partitions move, in seconds.
DRAIN_SECONDS = 5.0
#: Timeout for the last progress report, and for the last commit, before partitions move, in seconds.
LAST_REPORT_SECONDS = 2.0
#: Interval at which the event loop shows that it runs, in seconds.
BEAT_SECONDS = 1.0
#: Number of ports after the default that a worker without an explicit port tries: several can run on one machine.
SPARE_PORTS = 99

WITHOUT_PRODUCER_IDS = (
    "%s: this broker gives out no producer ids (the embedded broker never does), so the worker runs without "
    "idempotence: a crash or a lost acknowledgement can write records twice. Use Apache Kafka in production"
)

logger = logging.getLogger(__name__)

#: Maximum articles in Faust's own buffer, which counts records and not bytes: 512 large ones were half a gigabyte. The
#: conveyor behind it, which counts both, holds `in_flight_articles`.
BUFFERED_ARTICLES = 32


class Worker:
    """A worker ready to run.

    Raises:
        RulesNotFoundError, RuleSetError: there are no rules, or one is wrong.
        TopicsMissingError: a topic is missing and may not be created.
        PartitionsDifferError: ``observations`` and the changelog differ in their number of partitions.
        TopicNameError: two topics of the deployment would be one.
        TopicsUnsuitableError: records or rule state would be lost on a topic as it is.
        AccessError: the Kafka user lacks a permission that the worker needs.
        BrokerUnreachableError: no broker answers.
        FencedError: it was fenced before, and the other worker is still a member.
        SettingsError: a setting needs a package that is not installed, or a file cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        logger.info("settings that differ from their defaults: %s", changed(settings) or "none")
        require_store(settings)
        self.metrics = Metrics()
        self.health = Health(settings.stall_seconds)
        folder = RulesFolder(
            find_rules(settings.rules), vocabulary_of(settings.taxonomy), seconds=settings.rules_load_seconds
        )
        with load_limit(folder.folder, settings.rules_load_seconds):
            rules = folder.load()
        self._require_brokers()
        mark = FencedMark(settings)
        if mark.is_there:
            with self._health_server(), self.health.beating():
                mark.require_free()
        specs = topic_specs(settings, rules.topics())
        made = ensure_topics(settings, specs, create=settings.create_topics)
        require(settings, "worker", rules.topics())
        if made:
            logger.info("topics created: %s", ", ".join(made))
        if settings.idempotence and not gives_producer_ids(settings):
            logger.warning(WITHOUT_PRODUCER_IDS, ", ".join(settings.brokers))
            settings = self.settings = settings.model_copy(update={"idempotence": False})
        states = describe_topics(settings, [spec.name for spec in specs])
        check_topics(settings, specs, states)
        topics = {topic.name: topic for topic in states}
        observations, changelog = topics[settings.topic(OBSERVATIONS)], topics[changelog_topic(settings)]

        logs = Logs(
            {name: topics[name].id for name in map(settings.topic, (ARTICLES, OBSERVATIONS)) if topics[name].id},
            exact=settings.idempotence,
            read=[settings.topic(ARTICLES), settings.topic(OBSERVATIONS)],
            sources=[settings.topic(ARTICLES)],
        )
        logs.on_expired = self._expired
        prefix = settings.topic(f"{ALERTS}.")
        rule_topics = OptionalTopics(lambda topic: topic.startswith(prefix), self._undelivered)
        self.app = create_app(settings, logs, rule_topics)
        self.fatal = Fatal(self.app)
        self.in_force = RulesInForce(settings, folder, rules, self.metrics)
        self.pipeline = Pipeline(
            make_extractor(settings), self.in_force.engine, max_record_bytes=settings.max_request_bytes
        )
        self.pipeline.warm_up()
        self.table = FactTable(
            self.app,
            engine=self.in_force.engine,
            fatal=self.fatal,
            partitions=observations.partitions,
            advance_when_silent=settings.advance_when_silent,
            copies=local_copies(settings, changelog),
        )
        self.app.tables.add(self.table)
        self.articles = ArticleAgent(
            self.app,
            settings,
            self.pipeline,
            self.metrics,
            self.fatal,
            log=logs.ids.get(settings.topic(ARTICLES), ""),
        )
        self.observations = ObservationAgent(
            self.app, settings, self.table, self.in_force, self.metrics, self.fatal, partitions=observations.partitions
        )
        self.readiness = Readiness(self.app, self.metrics, self.health)
        self.readiness.on_ready = self._ready
        self.topic_ids = TopicIds(settings)
        written = [spec.name for spec in specs if spec.role in ("enriched", "dead", "alerts", "changelog")]

        def own() -> list[str]:
            return [settings.topic(topic) for topic in self.in_force.rules.topics()]

        self.kafka_watch = kafka_watch(
            settings, self.health, self.metrics, lambda: [*written, settings.topic(OBSERVATIONS), *own()]
        )
        log_watch = LogWatch(logs, self.topic_ids, self.fatal.begin_again, written=written, own=own)
        self.reporter = Reporter(
            self.articles,
            self.observations,
            ProgressReports(self.app, self.articles, self.observations, log_watch),
            self.readiness,
            Gauges(self.metrics, self.health),
        )
        self.in_force.on_change(self._exchange_rules)
        self.metrics.build.labels(version("newswatch"), settings.model).set(1)
        watch(self.app, MembershipWatch(self.fatal, self.metrics, mark, self._settle))
        self._wire()

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit status: 0, 78 if a setting must change, 70 after another error.

        Raises:
            MetricsAddressError: the HTTP address cannot be bound.
        """
        keep_what_is_loaded()
        with (
            self._health_server() as server,
            Watchdog(self.health, self.fatal),
            self.kafka_watch,
            closing(self.topic_ids),
        ):
            logger.info("metrics, /livez and /readyz on http://%s", server.address)
            worker = faust.Worker(
                self.app, loglevel="WARNING", quiet=True, redirect_stdouts=False, override_logging=False
            )
            worker.spinner = None  # it writes terminal control characters, even into log files
            try:
                worker.execute_from_commandline()
            except SystemExit as stop:
                if self.fatal.error is None and stop.code not in (0, None):
                    return int(stop.code) if isinstance(stop.code, int) else 1
        return self.fatal.status

    def _require_brokers(self) -> None:
        """Wait for the brokers if they do not answer; meanwhile the worker is alive and not ready."""
        if brokers_answer(self.settings):
            return
        self.metrics.kafka_up.set(0)
        self.health.kafka_lost("the worker has not started yet")
        with self._health_server() as server, self.health.beating():
            logger.warning("metrics, /livez and /readyz on http://%s", server.address)
            wait_for_brokers(self.settings)
        self.health.kafka_answers()

    def _health_server(self) -> HealthServer:
        """The HTTP server, on the port that was set, else on the first free port from the default on."""
        settings = self.settings
        spare = 0 if "metrics_port" in settings.model_fields_set else SPARE_PORTS
        host, port = settings.metrics_host, settings.metrics_port
        server = HealthServer(host, port, self.metrics.registry, self.health, spare=spare)
        if port and server.port != port:
            logger.warning("port %d is in use, so metrics are on port %d (see --metrics-port)", port, server.port)
        return server

    def _ready(self) -> None:
        topic, rules = self.settings.topic(ARTICLES), len(self.in_force.rules.rules)
        owned = sum(tp.topic == topic for tp in self.app.consumer.assignment())
        brokers = ", ".join(self.settings.brokers)
        logger.info("ready: %d rules, %d partitions, reading from %s at %s", rules, owned, topic, brokers)

    def _undelivered(self, topic: str) -> None:
        self.metrics.undelivered_alerts.labels(topic.removeprefix(self.settings.topic_prefix)).inc()

    def _expired(self, tp: TP, count: int) -> None:
        if tp.topic == self.settings.topic(ARTICLES):
            self.metrics.expired.inc(count)

    def _exchange_rules(self, engine: Any) -> None:
        self.pipeline.engine = engine
        self.observations.exchange_rules(engine)

    def _wire(self) -> None:
        self._agent(ARTICLES, self.articles.run, most=BUFFERED_ARTICLES)
        self._agent(OBSERVATIONS, self.observations.run)
        self.app.task(self._guarded(self.reporter.run))
        self.app.task(self._guarded(self.in_force.watch))
        self.app.task(self._guarded(self._beat))
        self.app.task(self._listen)
        self.app.on_partitions_revoked.connect(self._revoked, weak=False)  # type: ignore[arg-type]
        self.app.on_partitions_assigned.connect(self._assigned, weak=False)  # type: ignore[arg-type]
        self.app.on_leaving += [self.fatal.leave, self.readiness.stopping, lambda: while_stopping(self.fatal.go)]
        self.app.on_before_shutdown.connect(self._drain, weak=False)  # type: ignore[arg-type]

    def _agent(
        self, topic: str, run: Callable[[Stream[bytes]], Coroutine[Any, Any, None]], *, most: int | None = None
    ) -> None:
        """Read a topic; Faust holds at most ``most`` of its records for the agent, by default as for every topic."""
        channel = self.app.topic(
            self.settings.topic(topic),
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            allow_empty=True,
        )
        # Faust (0.15.3) drops topic(maxsize=...); pinned by tests/unit/streams/worker/test_app.py.
        channel.maxsize = most
        # One agent per topic, no concurrency: acknowledgements must come in order (faust-streaming #606).
        self.app.agent(channel, name=f"streams.worker.agents.{topic}", concurrency=1)(reading(topic, run))

    def _guarded(self, run: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], Coroutine[Any, Any, None]]:
        async def task() -> None:
            try:
                await run()
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self.fatal(error)
                if self.fatal.error is not None:
                    raise

        task.__name__ = run.__qualname__.replace(".", "_")
        return task

    async def _beat(self) -> None:
        while True:
            self.health.beat()
            await asyncio.sleep(BEAT_SECONDS)

    async def _listen(self) -> None:
        def look() -> None:
            self._looking = asyncio.ensure_future(self.in_force.look())

        while_running(look)

    async def _revoked(self, sender: object, revoked: set[TP], **_: object) -> None:
        del sender, revoked
        self.readiness.moving()

    async def _assigned(self, sender: object, assigned: set[TP], **_: object) -> None:
        del sender
        self.metrics.rebalances.inc()
        owned = Tally(tp.topic for tp in assigned)
        self.metrics.assigned.show(
            {(topic,): owned[topic] for topic in map(self.settings.topic, (ARTICLES, OBSERVATIONS))}
        )
        self.reporter.assigned(assigned)
        if not self.fatal.leaving:
            for conveyor in self._conveyors():
                conveyor.resume()

    async def _drain(self, sender: object, **_: object) -> None:
        """Finish and commit the current batches, so that the next owner need not repeat them."""
        del sender
        if self.fatal.error is None and not self.fatal.again:
            await self._settle()

    async def _settle(self) -> None:
        """Begin no further batch, finish those in work, and commit them; gives up within 1.5 session timeouts.

        The group waits for two session timeouts (``broker_rebalance_timeout``).
        """
        reading, session = self.readiness.has_read, self.settings.session_timeout_seconds
        seconds = min(DRAIN_SECONDS, session * 0.75)
        drained = await asyncio.gather(*(conveyor.drain(seconds) for conveyor in self._conveyors()))
        if not all(drained):
            logger.warning("the current batch takes longer than %.0f s; it will be read again", seconds)
        steps: list[Callable[[], Awaitable[None]]] = [self._commit]
        if reading:
            steps.insert(0, self.reporter.last)  # only reported articles are committed
        for step in steps:
            try:
                await asyncio.wait_for(step(), min(LAST_REPORT_SECONDS, session * 0.25))
            except TimeoutError:
                logger.warning("the brokers do not answer in time; uncommitted articles will be read again")
            except Exception as error:  # noqa: BLE001 - the rebalance or the stop goes on
                self.fatal(error)

    async def _commit(self) -> None:
        if not await self.app.consumer.commit():  # another commit was under way
            await self.app.consumer.commit()

    def _conveyors(self) -> tuple[Belt, Belt]:
        return self.articles.conveyor, self.observations.conveyor


def reading(
    topic: str, run: Callable[[Stream[bytes]], Coroutine[Any, Any, None]]
) -> Callable[[StreamT[bytes]], Coroutine[Any, Any, None]]:
    """The function of the agent that reads ``topic``; logs name an agent by its function's name."""

    async def agent(stream: StreamT[bytes]) -> None:
        if not isinstance(stream, Stream):
            raise TypeError("the agent reads a topic")
        await run(stream)

    agent.__module__, agent.__name__, agent.__qualname__ = "worker.agents", topic, topic  # Faust shortens longer ones
    return agent


def run_worker(settings: Settings) -> None:
    """Run one worker in this process, restart it if it asks for that, and exit with its status."""
    try:
        worker = Worker(settings)
    except FencedError as error:
        logger.critical("the worker stops: %s", error)
        sys.exit(error.exit_status)
    status = worker.run()
    if worker.fatal.again and worker.fatal.error is None:
        start_again()
    sys.exit(status)
