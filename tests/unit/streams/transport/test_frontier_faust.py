"""What is assumed of Faust and mode, against Faust and mode themselves: README.md of streams/transport lists it all."""

import asyncio
import inspect
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from faust.app.base import App as FaustApp
from faust.stores.base import Store as StoreBase
from faust.tables.base import Collection
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.consumer import ThreadDelegateConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from faust.types.auth import SASLMechanism
from faust.types.tuples import ConsumerMessage
from mode.services import Service
from mode.utils.queues import FlowControlEvent, FlowControlQueue
from yarl import URL

from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules
from streams.fact_store.recovery import ChangelogRecovery, FactTables
from streams.fact_store.table import FactStore, FactTable
from streams.kafka.topics import changelog_topic
from streams.settings import load_settings
from streams.transport import consumer as ours
from streams.worker.app import create_app
from tests.rigs.frontier import assumes, code

P = TP("articles", 0)
SETTINGS = load_settings(brokers="127.0.0.1:1")


@pytest.fixture
def app() -> faust.App:
    app = create_app(SETTINGS)
    app.topics.acks_enabled_for = lambda topic: True  # type: ignore[method-assign]
    app.consumer_generation_id = 3
    return app


@pytest.fixture
def consumer(app: faust.App) -> ours.Consumer:
    return ours.consumer_of(app)


def message(offset: int) -> Message:
    return ConsumerMessage(P.topic, 0, offset, 0.0, 0, {}, b"", b"", None, tp=P, generation_id=3)


def run(app: faust.App, work: Coroutine[Any, Any, Any]) -> Any:
    return app.loop.run_until_complete(asyncio.wait_for(work, 20))


def answering(answer: Any, asked: list[Any] | None = None) -> Callable[..., Coroutine[Any, Any, Any]]:
    """An async function that notes what it is asked."""

    async def reply(*arguments: Any, **options: Any) -> Any:
        if asked is not None:
            asked.append((*arguments, *options.values()))
        return answer

    return reply


# The consumer's thread


@assumes(
    "faust.transport.drivers.aiokafka.Consumer._new_consumer_thread",
    "faust.transport.consumer.ThreadDelegateConsumer._thread",
    "faust.transport.drivers.aiokafka.AIOKafkaConsumerThread._create_worker_consumer",
)
def test_the_consumer_runs_on_our_thread_which_makes_the_client(app: faust.App, consumer: ours.Consumer) -> None:
    assert type(consumer._thread) is ours.ConsumerThread

    async def create() -> AIOKafkaConsumer:
        return consumer._thread._create_consumer(loop=app.loop)

    assert run(app, create())._fetch_max_wait_ms == ours.FETCH_WAIT_MS
    assert "fetch_max_wait_ms=1500" in code(driver.AIOKafkaConsumerThread._create_worker_consumer)


@assumes("faust.transport.drivers.aiokafka.AIOKafkaConsumerThread._ensure_consumer")
def test_the_thread_gives_its_client_once_it_has_started(consumer: ours.Consumer) -> None:
    with pytest.raises(faust.exceptions.ConsumerNotStarted):
        consumer._thread._ensure_consumer()
    client = object()
    consumer._thread._consumer = client
    assert consumer._thread._ensure_consumer() is client


@assumes(
    "faust.transport.drivers.aiokafka.AIOKafkaConsumerThread.seek_to_committed",
    "faust.transport.drivers.aiokafka.AIOKafkaConsumerThread._commit",
    "mode.threads.QueueServiceThread.call_thread",
)
def test_seeks_and_commits_go_through_the_methods_that_we_override(
    app: faust.App, consumer: ours.Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread, asked = consumer._thread, list[Any]()
    monkeypatch.setattr(type(thread), "seek_to_committed", answering({P: 7}))
    assert run(app, consumer.seek_to_committed()) == {P: 7}
    monkeypatch.setattr(thread, "call_thread", answering(True, asked))
    assert run(app, thread.commit({P: 8}))
    assert asked == [(thread._commit, {P: 8})]


# What may be committed


@assumes(
    "faust.transport.consumer.Consumer._filter_tps_with_pending_acks",
    "faust.transport.consumer.Consumer._new_offset",
    "faust.transport.consumer.Consumer._committed_offset",
)
def test_a_commit_asks_for_partitions_and_offsets_and_remembers_what_it_committed(
    app: faust.App, consumer: ours.Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(consumer._thread, "assignment", lambda: {P})
    monkeypatch.setattr(app.producer, "flush", answering(None))
    monkeypatch.setattr(consumer, "_commit", answering(True, asked))
    consumer.transport.reported = frozenset()
    consumer._committed_offset[P] = 10
    for offset in (10, 11):
        consumer.taken(message(offset))
        consumer.settle(message(offset))
    assert run(app, consumer.commit())
    assert asked == [({P: 12},)]
    assert consumer._committed_offset[P] == 12
    assert not run(app, consumer.commit())


@assumes("faust.transport.consumer.Consumer.ack")
def test_a_message_that_faust_acknowledges_goes_to_the_consumers_ack() -> None:
    acked: list[Message] = []
    one = message(1)
    one.ack(SimpleNamespace(ack=acked.append))  # type: ignore[arg-type]
    assert acked == [one]


@assumes("faust.transport.consumer.Consumer.on_partitions_revoked")
def test_a_partition_that_moves_is_forgotten_on_both_sides(app: faust.App, consumer: ours.Consumer) -> None:
    told: list[Any] = []
    consumer._on_partitions_revoked = answering(None, told)
    committable: list[dict[TP, int]] = []

    class Last(ours.Watch):
        async def before_revocation(self) -> None:
            committable.append({tp: consumer._new_offset(tp) or 0 for tp in consumer.commits.pending()})

    ours.watch(app, Last())
    consumer.transport.reported = frozenset()
    member = SimpleNamespace(generation=3)
    consumer._thread._consumer = SimpleNamespace(_coordinator=member)  # type: ignore[assignment]
    consumer._committed_offset[P] = 10
    consumer.settle(message(10))
    run(app, consumer.on_partitions_revoked({P}))
    assert told == [({P},)]
    assert committable == [{P: 11}]
    member.generation = -1  # the broker no longer knows it: what it commits could count for nobody
    run(app, consumer.on_partitions_revoked({P}))
    assert len(committable) == 1
    assert P not in consumer._committed_offset
    assert list(consumer.commits.pending()) == []
    assert "self.on_partitions_revoked" in code(ThreadDelegateConsumer)


@assumes(
    "faust.app.base.App.consumer_generation_id",
    "faust.types.tuples.ConsumerMessage.generation_id",
)
def test_a_message_has_the_generation_of_its_fetch(consumer: ours.Consumer) -> None:
    fields = ("timestamp", "timestamp_type", "headers", "key", "value", "checksum")
    sizes = {"serialized_key_size": 0, "serialized_value_size": 0}
    record = SimpleNamespace(topic="articles", partition=0, offset=7, **dict.fromkeys(fields), **sizes)
    assert consumer._to_message(P, record).generation_id == 3


# Reading


@assumes(
    "faust.transport.consumer.Consumer.getmany",
    "faust.transport.consumer.Consumer._add_gap",
    "faust.transport.consumer.Consumer._read_offset",
    "faust.transport.consumer.Consumer._n_acked",
)
def test_messages_are_handed_over_one_by_one_and_holes_are_named(
    app: faust.App, consumer: ours.Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faust's own loop, over two messages with a hole between them; the next call ends it."""
    handed: list[int] = []
    gaps: list[Any] = []
    commits: list[Any] = []

    async def fetched(timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        assert timeout
        consumer._read_offset[P] = 4
        for offset in (5, 9):
            yield P, message(offset)
        fetcher._stopped.set()

    async def hand_over(one: Message) -> None:
        handed.append(one.offset)
        consumer.taken(one)
        consumer.settle(one)

    async def drain() -> None:
        consumer._commit_every = 1
        await consumer._drain_messages(fetcher)

    fetcher: Any = SimpleNamespace(_stopped=asyncio.Event())
    monkeypatch.setattr(consumer, "getmany", fetched)
    monkeypatch.setattr(consumer, "_add_gap", answering(None, gaps))
    monkeypatch.setattr(consumer, "commit", answering(True, commits))
    consumer.callback = hand_over
    run(app, drain())
    assert handed == [5, 9]
    assert gaps == [(P, 6, 9)]
    assert consumer._read_offset[P] == 9
    assert len(commits) == 1  # after the first that was settled: Faust counts them in _n_acked


@assumes("faust.transport.consumer.ThreadDelegateConsumer._getmany")
def test_what_is_fetched_comes_through_getmany(
    app: faust.App, consumer: ours.Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = {P: [SimpleNamespace(offset=10), SimpleNamespace(offset=11)]}
    monkeypatch.setattr(consumer._thread, "getmany", answering(records))
    consumer._set_active_tps({P})
    consumer.resume_flow()
    found, _ = run(app, consumer._wait_next_records(1.0))
    assert found == records
    assert consumer.fetched_to(P) == 12


@assumes("faust.transport.consumer.Consumer.perform_seek", "faust.transport.consumer.Consumer._is_changelog_tp")
def test_recovery_ends_with_a_seek_of_everything_but_changelogs(
    app: faust.App, consumer: ours.Consumer, table: FactTable
) -> None:
    for way in (Recovery._resume_streams, Recovery.on_recovery_completed):
        assert "consumer.perform_seek()" in code(way)
    app.tables.add(table)
    assert consumer._is_changelog_tp(TP(table.changelog_topic_name, 0))
    assert not consumer._is_changelog_tp(P)


@assumes("mode.services.Service.wait_first", "mode.services.WaitResults")
def test_faust_waits_for_a_message_to_be_handed_over_or_for_the_flow_to_stop(app: faust.App) -> None:
    assert "await self.wait_first(callback(message), self.suspend_flow.wait())" in code(FaustConsumer._drain_messages)

    async def wait() -> Any:
        service, first, forever = Service(), answering(5)(), asyncio.Event()
        found = await service.wait_first(first, forever.wait())
        return found == ([first], [5], False)

    assert run(app, wait())


# Producer and transport


@assumes("faust.transport.drivers.aiokafka.Producer.send", "faust.transport.drivers.aiokafka.Producer._ensure_producer")
def test_what_is_sent_goes_through_the_producers_send() -> None:
    given = ["self", "topic", "key", "value", "partition", "timestamp", "headers", "transactional_id"]
    assert list(inspect.signature(driver.Producer.send).parameters) == given
    assert "self._producer = self._new_producer()" in code(driver.Producer.on_start)
    assert "return self._producer" in code(driver.Producer._ensure_producer)


@assumes("faust.transport.drivers.aiokafka.Producer._settings_extra")
def test_faust_asks_for_idempotence_only_in_transactions_and_takes_what_we_add(app: faust.App) -> None:
    asked: dict[str, Any] = {}

    class Maker(driver.Producer):
        _producer_type = staticmethod(lambda **options: asked.update(options))  # type: ignore[assignment]

    producer = Maker(app.producer_transport)
    assert "enable_idempotence" not in producer._settings_extra()
    producer._settings_extra = lambda: {"enable_idempotence": True}  # type: ignore[method-assign]
    producer._new_producer()
    assert asked["enable_idempotence"] is True


@assumes(
    "faust.transport.drivers.aiokafka.Transport.Consumer",
    "faust.transport.drivers.aiokafka.Transport.Producer",
    "faust.app.base.App.transport",
    "faust.app.base.App.producer_transport",
)
def test_the_app_reads_and_writes_through_the_transports_that_it_is_given(app: faust.App) -> None:
    assert type(app.consumer) is ours.Consumer
    assert type(app.producer) is ours.Producer
    assert app.producer.transport is app.transport  # where the producer finds the topics that may be gone
    plain = create_app(load_settings(brokers="127.0.0.1:1", idempotence=False))
    assert type(plain.producer) is ours.PlainProducer


@assumes(
    "faust.transport.drivers.aiokafka.server_list",
    "faust.transport.drivers.aiokafka.credentials_to_aiokafka_auth",
    "faust.transport.drivers.aiokafka.Transport.default_port",
)
def test_brokers_and_credentials_are_put_as_aiokafka_takes_them() -> None:
    urls = [URL("kafka://one:1"), URL("kafka://two")]
    assert driver.server_list(urls, driver.Transport.default_port) == ["one:1", "two:9092"]
    user = faust.SASLCredentials(username="u", password="p", mechanism=SASLMechanism("SCRAM-SHA-512"))
    found = driver.credentials_to_aiokafka_auth(user, None)
    assert (found["sasl_plain_username"], found["sasl_mechanism"]) == ("u", "SCRAM-SHA-512")
    assert driver.credentials_to_aiokafka_auth(None, None) == {"security_protocol": "PLAINTEXT"}


# Recovery


@pytest.fixture
def table(app: faust.App, tmp_path: Any) -> FactTable:
    (tmp_path / "r.yaml").write_text("rules: [{name: x, kind: frequency, where: {text: x}, window: 1h, at_least: 2}]")
    engine = Engine(load_rules(tmp_path))
    return FactTable(app, engine=engine, fatal=print, partitions=3, advance_when_silent=False)


@assumes("faust.tables.manager.TableManager.recovery", "faust.tables.manager.TableManager._recovery")
def test_the_app_recovers_by_what_its_table_manager_gives(app: faust.App) -> None:
    assert type(app.tables) is FactTables
    assert app.tables._recovery is None
    assert type(app.tables.recovery) is ChangelogRecovery
    assert app.tables._recovery is app.tables.recovery
    assert "self.recovery.on_rebalance" in code(faust.tables.manager.TableManager.on_rebalance)


@assumes(
    "faust.tables.recovery.Recovery._wait",
    "faust.tables.recovery.Recovery.signal_recovery_start",
    "faust.tables.recovery.RebalanceAgain",
    "faust.tables.recovery.ServiceStopped",
)
def test_a_recovery_that_waits_is_ended_by_a_rebalance_and_by_a_stop(app: faust.App) -> None:
    async def wait(stop: bool) -> None:
        recovery = Recovery(app, app.tables)
        (recovery._stopped if stop else recovery.signal_recovery_start).set()
        await recovery._wait(asyncio.Event().wait())

    with pytest.raises(RebalanceAgain):
        run(app, wait(stop=False))
    with pytest.raises(ServiceStopped):
        run(app, wait(stop=True))


@assumes(
    "faust.tables.recovery.Recovery._build_offsets",
    "faust.tables.recovery.Recovery._build_highwaters",
    "faust.tables.recovery.Recovery._seek_offsets",
    "faust.tables.recovery.Recovery.active_highwaters",
    "faust.tables.recovery.Recovery.active_offsets",
)
def test_faust_reads_on_from_the_offsets_that_we_leave_it(app: faust.App) -> None:
    recovery, other = Recovery(app, app.tables), TP("x", 1)
    assert type(recovery.active_offsets) is type(recovery.active_highwaters) is Counter  # update() adds
    beginnings: Any = SimpleNamespace(earliest_offsets=answering({P: 3, other: 3}), highwaters=answering({P: 42}))
    recovery.active_offsets.update({P: 41, other: -1})
    run(app, recovery._build_offsets(beginnings, {P, other}, recovery.active_offsets, "active"))
    assert recovery.active_offsets == {P: 41, other: 2}
    run(app, recovery._build_highwaters(beginnings, {P}, recovery.active_highwaters, "active"))
    assert recovery.active_highwaters == {P: 41}  # the newest offset, not the one after it
    assert not recovery.need_recovery()
    recovery.active_offsets[P] = 40
    assert recovery.need_recovery()
    way = code(Recovery._restart_recovery.fun)
    places = [
        "T(self._build_highwaters)(consumer, assigned_active_tps, active_highwaters, 'active')",
        "T(self._build_offsets)(consumer, assigned_active_tps, active_offsets, 'active')",
        "T(self._seek_offsets)(consumer, assigned_active_tps, active_offsets, 'active')",
        "if self.need_recovery():",
    ]
    assert sorted(places, key=way.index) == places


@assumes("faust.tables.recovery.Recovery._verify_remaining")
def test_faust_looks_now_and_then_whether_its_own_reading_stands_still(app: faust.App) -> None:
    assert "await self._verify_remaining(now, stats)" in code(Recovery._publish_stats.fun)


@assumes(
    "faust.tables.recovery.Recovery.active_tps",
    "faust.tables.recovery.Recovery.tp_to_table",
    "faust.tables.recovery.Recovery.tables",
    "faust.tables.recovery.Recovery.completed",
)
def test_recovery_knows_the_table_of_each_partition_that_is_ours(app: faust.App, table: FactTable) -> None:
    app.tables.add(table)
    recovery, tp = app.tables.recovery, TP(table.changelog_topic_name, 1)
    recovery.add_active(table, tp)
    assert recovery.active_tps == {tp}
    assert recovery.tp_to_table[tp] is table
    assert recovery.active_offsets[tp] == -1  # what the store says
    assert list(recovery.tables.values()) == [table]
    assert not recovery.completed.is_set()
    assert "self.completed.set()" in code(Recovery.on_recovery_completed)


# Table and store


@assumes("faust.tables.base.Collection._new_store", "faust.tables.base.Collection._changelog_topic_name")
def test_a_table_makes_its_store_once_and_names_its_changelog(app: faust.App, table: FactTable) -> None:
    assert type(table.data) is FactStore
    assert table.data is table.store
    assert Collection._changelog_topic_name(table) == changelog_topic(SETTINGS) == table.changelog_topic_name


@assumes(
    "faust.stores.memory.Store.__post_init__",
    "faust.stores.memory.Store.apply_changelog_batch",
    "faust.stores.memory.Store.persisted_offset",
    "faust.stores.base.Store.set_persisted_offset",
    "faust.stores.base.Store.on_rebalance",
    "faust.stores.memory.Store.on_recovery_completed",
    "faust.stores.memory.Store.reset_state",
    "mode.services.ServiceCallbacks.on_stop",
)
def test_a_table_hands_on_to_its_store(app: faust.App, table: FactTable, monkeypatch: pytest.MonkeyPatch) -> None:
    store, asked = table.store, list[str]()

    def note(name: str, *, waits: bool = False) -> None:
        def called(*arguments: Any, **options: Any) -> Any:
            asked.append(f"{name} {len(arguments)} {sorted(options)}")
            return answering(None)() if waits else None

        monkeypatch.setattr(store, name, called)

    for name in ("apply_changelog_batch", "persisted_offset", "reset_state"):
        note(name)
    for name in ("on_rebalance", "on_recovery_completed", "on_stop"):
        note(name, waits=True)
    table.apply_changelog_batch([])
    table.persisted_offset(P)
    table.reset_state()
    run(app, table.on_rebalance({P}, set(), set(), 4))
    run(app, table.on_recovery_completed({P}, set()))
    run(app, _started_and_stopped(store))
    assert asked == [
        "apply_changelog_batch 1 ['to_key', 'to_value']",
        "persisted_offset 1 []",
        "reset_state 0 []",
        "on_rebalance 4 []",
        "on_recovery_completed 2 []",
        "on_stop 0 []",
    ]
    assert "self.__post_init__()" in code(Service.__init__)
    assert "self.data.set_persisted_offset" in code(Collection._on_changelog_sent)
    assert StoreBase.set_persisted_offset is not FactStore.set_persisted_offset


async def _started_and_stopped(service: Any) -> None:
    await service.start()
    await service.stop()


# App


@assumes(
    "faust.app.base.App.flow_control",
    "mode.utils.queues.FlowControlEvent.resume",
    "mode.utils.queues.FlowControlEvent.is_active",
)
def test_to_resume_throws_away_what_waits_also_where_nothing_was_suspended(app: faust.App) -> None:
    theirs = FlowControlEvent()
    queue: FlowControlQueue[int] = FlowControlQueue(flow_control=theirs, clear_on_resume=True)
    assert not theirs.is_active()
    theirs.resume()
    assert theirs.is_active()
    queue.put_nowait(1)
    theirs.resume()
    assert queue.qsize() == 0  # the defect that streams.worker.app works around
    assert app.FlowControlQueue()._flow_control is app.flow_control
    assert type(app.flow_control).__module__ == "streams.worker.app"


@assumes("faust.app.base.App.on_stop")
def test_an_app_that_stops_waits_for_its_consumer_before_it_says_so() -> None:
    way = code(FaustApp.on_stop)
    assert way.index("self._stop_consumer()") < way.index("self.on_before_shutdown.send()")


@assumes("faust.app.base.App.rebalancing", "faust.app.base.App.in_recovery")
def test_an_app_says_that_it_rebalances_and_recovers(app: faust.App) -> None:
    assert (app.rebalancing, app.in_recovery) == (False, False)
    recovery = app.tables.recovery
    app.on_rebalance_start()
    recovery._set_recovery_started()
    assert (app.rebalancing, app.in_recovery) == (True, True)
    app.on_rebalance_end()
    recovery._set_recovery_ended()
    assert (app.rebalancing, app.in_recovery) == (False, False)


@assumes("faust.worker.Worker.spinner")
def test_a_worker_without_a_spinner_writes_no_terminal_control_characters(app: faust.App) -> None:
    worker = faust.Worker(app, quiet=True, redirect_stdouts=False, override_logging=False)
    worker.spinner = None
    worker._on_startup_end_spinner()
    assert "if self.spinner:" in code(faust.Worker._on_startup_end_spinner)


@assumes("faust.transport.drivers.aiokafka.Consumer.RebalanceListener")
def test_the_thread_makes_the_listener_that_its_consumer_names(consumer: ours.Consumer) -> None:
    listener = consumer._thread._rebalance_listener
    assert isinstance(listener, ours.RebalanceListener)
    heard: list[BaseException] = []

    class Heard(ours.Watch):
        def refused(self, error: BaseException) -> None:
            heard.append(error)

    ours.watch(consumer.app, Heard())
    listener.refused(ValueError("no"))
    assert [str(error) for error in heard] == ["no"]


@assumes("faust.transport.consumer.ThreadDelegateConsumer._commit")
def test_a_commit_goes_through_the_method_that_we_count_in(
    consumer: ours.Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[None] = []

    class Heard(ours.Watch):
        def commit_failed(self) -> None:
            failed.append(None)

    async def commit(*_: object) -> bool:
        return False

    ours.watch(consumer.app, Heard())
    monkeypatch.setattr(consumer._thread, "commit", commit)
    assert "await self._commit(" in code(FaustConsumer._commit_offsets)
    asyncio.run(consumer._commit({TP("articles", 0): 1}))
    assert len(failed) == 1
