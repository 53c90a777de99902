"""The fact store: what recovery loads, and what it drops when partitions move."""

import asyncio

import faust
import pytest
from faust.types import TP

from detectors.engine.matching import Engine
from streams.fact_store.changelog import PROGRESS as PROGRESS_BYTES
from streams.fact_store.table import FactStore, FactTable
from streams.settings import load_settings
from streams.worker.app import create_app
from tests.rigs.facts import facts_of, observations_of

PROGRESS = PROGRESS_BYTES.decode()


class Event:
    def __init__(self, partition: int, offset: int, key: str, value: bytes | None) -> None:
        self.message = type(
            "Message", (), {"partition": partition, "offset": offset, "key": key.encode(), "value": value}
        )


class Beginning:
    """A consumer of logs that begin at 0."""

    async def earliest_offsets(self, *places: TP) -> dict[TP, int]:
        return dict.fromkeys(places, 0)


@pytest.fixture
def store(engine: Engine, failures: list[BaseException]) -> FactStore:
    app: faust.App = create_app(load_settings(brokers="127.0.0.1:1", app_id="facts"))
    store = FactTable(app, engine=engine, fatal=failures.append, partitions=3, advance_when_silent=True).store
    assign(store, 1, 0, 1, 2)
    return store


def assign(store: FactStore, generation: int, *partitions: int) -> None:
    """Faust's callback for an assignment."""
    assigned = {TP(store.changelog, number) for number in partitions}
    asyncio.run(store.on_rebalance(assigned, set(), set(), generation))


def apply(store: FactStore, *records: tuple[int, int, str, bytes | None]) -> None:
    store.apply_changelog_batch([Event(*record) for record in records], lambda key: key, lambda value: value)  # type: ignore[misc]


def test_recovery_loads_only_facts_that_were_not_deleted_later(store: FactStore, engine: Engine) -> None:
    (first, one), (second, two) = facts_of(engine, 2)
    apply(store, (0, 7, first, one), (0, 8, second, two), (0, 9, first, None))
    assert store.load(0) == 1
    assert store.persisted_offset(TP("x", 0)) == 9


def test_partitions_are_kept_separate(store: FactStore, engine: Engine) -> None:
    (first, one), (second, two) = facts_of(engine, 2)
    apply(store, (0, 0, first, one), (1, 0, second, two))
    assert {number: held.take_over() for number, held in store.partitions.items()} == {0: 1, 1: 1}


def test_a_partition_that_moves_is_dropped_and_later_read_from_the_beginning(store: FactStore, engine: Engine) -> None:
    (first, one), (second, two) = facts_of(engine, 2)
    apply(store, (0, 5, first, one), (1, 6, second, two))
    assign(store, 2, 1)
    assert store.persisted_offset(TP(store.changelog, 0)) == -1
    assert store.persisted_offset(TP(store.changelog, 1)) == 6
    assert set(store.partitions) == {1}


def test_records_in_flight_for_a_partition_that_moved_are_ignored(store: FactStore, engine: Engine) -> None:
    # Otherwise the partition would return with an offset, and the records below it would never be read.
    (first, one), (second, two) = facts_of(engine, 2)
    before = store.partition(0)
    assign(store, 2, 1)
    apply(store, (0, 5, first, one), (1, 6, second, two))
    before.wrote([(9, (b"x", b""))])  # a batch in work, acknowledged only now
    assign(store, 3, 0, 1)
    assert store.persisted_offset(TP(store.changelog, 0)) == -1
    assert store.load(0) == 0


def test_a_worker_that_missed_a_generation_reads_everything_again(store: FactStore, engine: Engine) -> None:
    # Stopped beyond its session timeout: others owned the partition, wrote, deleted, and left again.
    ((first, one),) = facts_of(engine, 1)
    apply(store, (0, 5, first, one))
    assign(store, 2, 0)
    assert store.persisted_offset(TP(store.changelog, 0)) == 5
    assign(store, 4, 0)
    assert store.persisted_offset(TP(store.changelog, 0)) == -1
    assert store.load(0) == 0


def test_a_fact_that_a_previous_owner_wrote_late_is_evaluated_when_its_article_is_read(
    store: FactStore, engine: Engine
) -> None:
    # It had evaluated the third article and died, or lost its session, while writing: its record follows this
    # worker's recovery, and the next recovery reads it before the article.
    seen, written = observations_of(engine, 7), facts_of(engine, 6)
    held = store.partition(0)
    assert store.load(0) == 0
    for one in seen[:2]:
        held.state.observe(one)
    assign(store, 2, 0)
    apply(store, *((0, offset, *record) for offset, record in enumerate(written)))
    assert (store.load(0), store.persisted_offset(TP("x", 0))) == (2, 5)
    alerts = [firing.alert for one in seen[2:] for firing in held.state.observe(one).firings]
    assert [(alert.state, alert.revision, alert.count) for alert in alerts] == [("firing", 1, 3), ("updated", 2, 6)]


def test_recovery_of_a_partition_that_stays_starts_at_its_offset(store: FactStore, engine: Engine) -> None:
    # Faust starts from this offset too, in a Counter: anything added to it makes a recovery skip records.
    recovery = store.app.tables.recovery
    place = TP(store.changelog, 0)
    for offset, record in enumerate(facts_of(engine, 3), start=5):
        apply(store, (0, offset, *record))
        recovery.add_active(store.table, place)
        recovery.active_highwaters[place] = 20
        asyncio.run(recovery._build_offsets(Beginning(), {place}, recovery.active_offsets, "active"))
        assert recovery.active_offsets == {place: offset}


def test_facts_are_not_used_before_they_are_recovered(store: FactStore, engine: Engine) -> None:
    ((first, one),) = facts_of(engine, 1)
    apply(store, (0, 5, first, one))
    assert len(store.partition(0)) == 0
    with pytest.raises(RuntimeError, match="used before their recovery"):
        _ = store.partition(0).state
    store.exchange_rules(engine)
    assert store.load(0) == len(store.partition(0).state) == 1


PROGRESS_OF = b'{"logs":{"":{"done":{"0":%d}}},"watermark":null,"horizon":null}'


def test_the_progress_is_recovered_too(store: FactStore) -> None:
    apply(store, (2, 0, f"{PROGRESS}4", PROGRESS_OF % 5))
    assert store.partition(2).progress.is_replay(0, 4)


def test_progress_written_by_others_is_not_ahead_of_the_facts(store: FactStore) -> None:
    held = store.partition(2)
    assert store.load(2) == 0
    apply(store, (2, 0, f"{PROGRESS}1", PROGRESS_OF % 5))
    assert not held.progress.is_replay(0, 4)
    assert [key for key, _ in held.progress_records(2)] == [f"{PROGRESS}2".encode(), f"{PROGRESS}1".encode()]


def test_a_previous_owner_does_not_move_the_progress_back(store: FactStore) -> None:
    # Stopped in generation 4, it woke up in generation 6 and wrote its progress; compaction keeps a key's last value.
    written = store.partition(2)
    apply(store, (2, 0, f"{PROGRESS}4", PROGRESS_OF % 5))
    (own, value), *deleted = written.progress_records(6)
    assert (own, deleted) == (f"{PROGRESS}6".encode(), [(f"{PROGRESS}4".encode(), None)])
    assign(store, 7, 1)
    assign(store, 8, 2)
    apply(store, (2, 9, own.decode(), value), (2, 10, f"{PROGRESS}4", PROGRESS_OF % 2))
    held = store.partition(2)
    assert held.progress.is_replay(0, 4)
    (_, value), *deleted = held.progress_records(8)
    assert b'"0":5' in (value or b"")
    assert {key for key, _ in deleted} == {f"{PROGRESS}4".encode(), f"{PROGRESS}6".encode()}


def test_a_record_that_cannot_be_read_ends_the_worker(store: FactStore, failures: list[BaseException]) -> None:
    # Faust alone would log the error and continue without the facts after it.
    event = Event(0, 0, "x", b"")
    event.message.key = b"\xff"  # type: ignore[attr-defined]
    store.apply_changelog_batch([event], lambda key: key, lambda value: value)  # type: ignore[list-item]
    with pytest.raises(UnicodeDecodeError):
        store.load(0)
    assert [type(failure) for failure in failures] == [UnicodeDecodeError]
