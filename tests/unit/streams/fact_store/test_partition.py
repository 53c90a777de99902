"""The fact store with local copies: what a restart finds, and what happens when a copy fails."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faust
import pytest
from faust.types import TP

from detectors.engine.matching import Engine
from streams.fact_store.changelog import CopyError
from streams.fact_store.local_copy import LocalCopy
from streams.fact_store.partition import FactPartition
from streams.fact_store.table import FactStore, FactTable, local_copies
from streams.kafka.topic_states import TopicState
from streams.settings import SettingsError, load_settings
from streams.worker.app import create_app
from tests.rigs.facts import facts_of

CHANGELOG = TopicState("facts-facts-changelog", 3, 1, {}, id="topic-1")

FOREVER = datetime.max.replace(tzinfo=UTC)

NewStore = Callable[[], FactStore]
Put = tuple[bytes, bytes]


@pytest.fixture
def new_store(engine: Engine, failures: list[BaseException], tmp_path: Path) -> Iterator[NewStore]:
    """The store of a newly started worker; a second one represents a later process."""
    made: list[FactStore] = []

    def make() -> FactStore:
        for before in made:
            before.reset_state()
        settings = load_settings(brokers="127.0.0.1:1", app_id="facts", data_dir=tmp_path / "data", store="rocksdb")
        app: faust.App = create_app(settings)
        table = FactTable(
            app,
            engine=engine,
            fatal=failures.append,
            partitions=3,
            advance_when_silent=True,
            copies=local_copies(settings, CHANGELOG),
        )
        made.append(table.store)
        return table.store

    yield make
    for store in made:
        store.reset_state()


@pytest.fixture
def puts(engine: Engine) -> list[Put]:
    """Changelog records of six articles."""
    return [(key.encode(), value) for key, value in facts_of(engine, 6)]


def assign(store: FactStore, generation: int, *partitions: int, end: int = 1000) -> None:
    """Faust's callback for an assignment, and the first step of recovery; ``end``: the log's newest offset."""
    assigned = {TP(store.changelog, number) for number in partitions}
    asyncio.run(store.on_rebalance(assigned, set(), set(), generation))
    asyncio.run(store.open_copies(dict.fromkeys(partitions, end)))


def with_three(store: FactStore, puts: list[Put]) -> FactPartition:
    """Partition 0 with the facts of three articles, recovered and taken over."""
    held = store.partition(0)
    store.restore(held, 0, puts[:3], 2)
    assert store.load(0) == 3
    return held


def offset(store: FactStore, partition: int = 0) -> int:
    return store.persisted_offset(TP(store.changelog, partition))


def test_a_restart_continues_from_the_copy(new_store: NewStore, puts: list[Put]) -> None:
    store = new_store()
    assign(store, 1, 0)
    held = with_three(store, puts)
    held.wrote([(3, puts[3]), (4, (puts[0][0], None))])
    store = new_store()
    assign(store, 9, 0, 1)
    assert (offset(store), offset(store, 1)) == (4, -1)
    assert store.load(0) == 3
    assert store.restored == 0


def test_the_progress_comes_from_the_copy(new_store: NewStore) -> None:
    store = new_store()
    assign(store, 1, 0)
    told = b'{"logs":{"":{"done":{"0":5}}},"watermark":null,"horizon":null}'
    store.restore(store.partition(0), 0, [(b"~progress 3", told)], 0)
    store = new_store()
    assign(store, 1, 0)
    assert store.partition(0).progress.is_replay(0, 4)
    assert [key for key, _ in store.partition(0).progress_records(4)] == [b"~progress 4", b"~progress 3"]


def test_a_partition_that_returns_reads_what_others_wrote(new_store: NewStore, puts: list[Put]) -> None:
    store = new_store()
    assign(store, 1, 0)
    store.restore(store.partition(0), 0, puts[:3], 2)
    before = store.partition(0)
    assign(store, 2, 1)
    before.wrote([(3, puts[3])])  # a batch in work: the copy is closed, and others write now
    assign(store, 3, 0)
    assert offset(store) == 2
    store.restore(store.partition(0), 0, [puts[3], (puts[0][0], None)], 4)
    assert store.load(0) == 3


def test_a_worker_that_missed_a_generation_reads_from_the_end_of_its_copy(new_store: NewStore, puts: list[Put]) -> None:
    store = new_store()
    assign(store, 1, 0)
    store.restore(store.partition(0), 0, puts[:2], 1)
    before = store.partition(0)
    assign(store, 5, 0)
    assert store.partition(0) is not before
    assert not store.restore(before, 0, puts[2:3], 9)  # in flight: records below it are not read yet
    before.wrote([(2, puts[2])])
    assert offset(store) == 1


def test_the_next_recovery_reads_what_a_zombie_wrote_in_between(new_store: NewStore, puts: list[Put]) -> None:
    store = new_store()
    assign(store, 1, 0)
    held = with_three(store, puts)
    held.wrote([(4, puts[4])])  # another worker has written at 3
    assert offset(store) == 2
    assign(store, 2, 0)
    assert store.partition(0) is held
    store.restore(held, 0, [(puts[1][0], None), (puts[2][0], None), puts[4]], 4)
    assert (offset(store), store.load(0)) == (4, 3)  # this worker reads the other one's results itself
    store = new_store()
    assign(store, 3, 0)
    assert (offset(store), store.load(0)) == (4, 2)


def test_a_partition_with_a_gap_that_stayed_open_too_long_is_rebuilt(new_store: NewStore, puts: list[Put]) -> None:
    # The log may have dropped tombstones in the gap by now.
    store = new_store()
    assign(store, 1, 0)
    held = store.partition(0)
    store.restore(held, 0, puts[:3], 2)
    held.wrote([(3, puts[3])])
    held.wrote([(5, puts[5])])
    assert held.copy is not None
    held.copy.current_at -= 13 * 3600
    held.copy.write([], held.offset)
    assign(store, 2, 0)
    assert store.partition(0) is not held
    assert (offset(store), store.load(0)) == (-1, 0)


def test_a_copy_ahead_of_the_log_is_not_used(new_store: NewStore, puts: list[Put]) -> None:
    store = new_store()
    assign(store, 1, 0)
    store.restore(store.partition(0), 0, puts[:3], 2)
    store = new_store()
    assign(store, 1, 0, end=1)
    assert (offset(store), store.load(0)) == (-1, 0)


def test_a_full_disk_while_facts_are_written_loses_only_the_copy(
    new_store: NewStore, puts: list[Put], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_store()
    assign(store, 1, 0)
    held = with_three(store, puts)
    _refuse(monkeypatch)
    held.wrote([(3, puts[3])])
    assert "cannot write the local copy, continuing in memory: No space left" in caplog.text
    assert (offset(store), store.load(0)) == (3, 3)
    held.wrote([(4, puts[4])])
    assert offset(store) == 4
    monkeypatch.undo()
    store = new_store()  # the copy is unchanged
    assign(store, 1, 0)
    assert (offset(store), store.load(0)) == (2, 3)


def test_a_full_disk_during_recovery_loses_only_the_copy(
    new_store: NewStore, puts: list[Put], monkeypatch: pytest.MonkeyPatch, failures: list[BaseException]
) -> None:
    store = new_store()
    assign(store, 1, 0)
    held = store.partition(0)
    store.restore(held, 0, puts[:3], 2)
    _refuse(monkeypatch)
    store.restore(held, 0, [(puts[0][0], None), *puts[3:5]], 5)
    store.restore(held, 0, puts[5:], 6)
    assert (offset(store), store.load(0), failures) == (6, 5, [])


def test_a_damaged_copy_ends_the_worker(
    new_store: NewStore, puts: list[Put], monkeypatch: pytest.MonkeyPatch, failures: list[BaseException]
) -> None:
    # After a restart it checks every checksum first, and reads the whole changelog.
    store = new_store()
    assign(store, 1, 0)
    store.restore(store.partition(0), 0, puts[:3], 2)

    def damaged(*_: Any) -> Any:
        raise CopyError("Corruption: block checksum mismatch")

    monkeypatch.setattr(LocalCopy, "records", damaged)
    with pytest.raises(CopyError):
        store.load(0)
    assert [type(failure) for failure in failures] == [CopyError]


FAR = (
    b'{"logs":{"":{"done":{"0":5},"newest":{"0":"2099-01-01T00:00:00Z"}}},"watermark":"2099-01-01T00:00:00Z",'
    b'"horizon":"2099-01-01T00:00:00Z","version":2}'
)


def test_a_watermark_from_the_future_goes_back_to_the_newest_append_time(new_store: NewStore) -> None:
    appended = datetime(2025, 3, 1, tzinfo=UTC)
    store = new_store()
    assign(store, 1, 0, 1)
    store.restore(store.partition(0), 0, [(b"~progress 3", FAR)], 0, appended)
    assert store.load(0) == 0
    assert store.partition(0).progress.is_replay(0, 4)
    assert store.partition(0).progress.watermark == appended
    store = new_store()
    assign(store, 1, 0)
    # A copy has no append times, but the worker's.
    assert (store.partition(0).progress.watermark or FOREVER) <= datetime.now(UTC)
    assert store.partition(0).progress.horizon is None


def test_without_rocksdict_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rocksdict", None)
    with pytest.raises(SettingsError, match=r"pip install 'newswatch\[rocksdb\]'"):
        local_copies(load_settings(store="rocksdb"), CHANGELOG)
    assert local_copies(load_settings(), CHANGELOG) is None


def _refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise CopyError("No space left on device")

    monkeypatch.setattr(LocalCopy, "write", full)
