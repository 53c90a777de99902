"""The local copy of a partition's changelog: what it holds, and when it is not valid."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.fact_store import local_copy
from streams.fact_store.changelog import CopyError
from streams.fact_store.local_copy import LocalCopies, LocalCopy

HOUR = 3600.0
Said = pytest.LogCaptureFixture


class Clock:
    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def copies(tmp_path: Path, clock: Clock) -> Callable[..., LocalCopies]:
    def make(topic: str = "topic-1") -> LocalCopies:
        return LocalCopies(tmp_path / "facts", topic, 12 * HOUR, clock)

    return make


def opened(copies: LocalCopies, partition: int = 0) -> LocalCopy:
    copy = asyncio.run(copies.open(partition))
    assert copy is not None
    return copy


def held(copy: LocalCopy) -> dict[bytes, bytes]:
    return dict(copy.records())


def filled(copies: LocalCopies) -> None:
    copy = opened(copies)
    copy.write([(b"a", b"1"), (b"b", b"2"), (b"c", b"3")], 7)
    copy.write([(b"b", None)], 9)
    copy.close()


def test_written_records_are_read_back_with_their_offset(copies: Callable[..., LocalCopies]) -> None:
    filled(copies())
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (9, {b"a": b"1", b"c": b"3"})
    assert dict(copy.records(b"c")) == {b"c": b"3"}
    copy.close()


def test_partitions_are_separate(copies: Callable[..., LocalCopies]) -> None:
    filled(copies())
    copy = opened(copies(), 1)
    assert (copy.offset, held(copy)) == (-1, {})
    copy.close()


def test_a_record_that_is_acknowledged_after_it_was_read_is_added_once(copies: Callable[..., LocalCopies]) -> None:
    copy = opened(copies())
    copy.write([(b"a", b"1"), (b"a", None)], 5)
    copy.append([(4, (b"a", b"1")), (5, (b"a", None)), (6, (b"b", b"2"))])
    assert (copy.offset, held(copy)) == (6, {b"b": b"2"})
    copy.close()


def test_nothing_is_added_after_a_gap_in_the_offsets(copies: Callable[..., LocalCopies]) -> None:
    # At 8 is a record of another worker: it may delete `b`.
    copy = opened(copies())
    copy.append([(0, (b"a", b"1")), (1, (b"b", b"2"))])
    copy.append([(2, (b"c", b"3")), (4, (b"d", b"4"))])
    copy.append([(5, (b"e", b"5"))])
    assert (copy.offset, set(held(copy))) == (2, {b"a", b"b", b"c"})
    copy.write([(b"b", None), (b"d", b"4"), (b"e", b"5")], 5)  # the log's records from the gap on
    assert (copy.offset, set(held(copy))) == (5, {b"a", b"c", b"d", b"e"})
    copy.close()


def test_a_record_without_an_offset_from_the_broker_is_not_added(copies: Callable[..., LocalCopies]) -> None:
    copy = opened(copies())
    copy.append([(-1, (b"a", b"1"))])
    assert (copy.offset, held(copy)) == (-1, {})
    copy.close()


def test_the_copy_of_a_recreated_topic_is_not_valid(copies: Callable[..., LocalCopies], caplog: Said) -> None:
    filled(copies())
    copy = opened(copies("topic-2"))
    assert (copy.offset, held(copy)) == (-1, {})
    assert "the topic was recreated since" in caplog.text
    copy.close()


def test_no_copy_is_valid_without_a_topic_id(copies: Callable[..., LocalCopies]) -> None:
    filled(copies(""))
    copy = opened(copies(""))
    assert (copy.offset, held(copy)) == (-1, {})
    copy.close()


@pytest.mark.parametrize("hours", [13, -13])
def test_a_copy_that_may_miss_a_deletion_is_not_valid(
    copies: Callable[..., LocalCopies], clock: Clock, hours: int, caplog: Said
) -> None:
    filled(copies())
    clock.time += 11 * HOUR
    copy = opened(copies())
    assert copy.offset == 9
    copy.close()
    clock.time += (hours - 11) * HOUR
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (-1, {})
    assert "the log keeps tombstones only for a limited time" in caplog.text
    copy.close()


def test_an_interrupted_recovery_does_not_make_a_copy_younger(copies: Callable[..., LocalCopies], clock: Clock) -> None:
    # What it read may have been deleted just before, and the log soon drops the tombstones.
    filled(copies())
    clock.time += 11 * HOUR
    copy = opened(copies())
    copy.write([(b"d", b"4")], 12)
    copy.close()
    clock.time += 2 * HOUR
    copy = opened(copies())
    assert copy.offset == -1
    copy.append([(0, (b"a", b"1"))])
    clock.time += 11 * HOUR
    copy.append([(1, (b"b", b"2"))])  # at the log's end
    copy.close()
    clock.time += 11 * HOUR
    copy = opened(copies())
    assert copy.offset == 1
    copy.close()


def test_a_copy_ahead_of_the_log_is_rebuilt(copies: Callable[..., LocalCopies]) -> None:
    filled(copies())
    some = copies()
    copy = some.renewed(0, opened(some))
    assert copy is not None
    assert (copy.offset, held(copy)) == (-1, {})
    copy.close()


def test_a_damaged_database_is_rebuilt(copies: Callable[..., LocalCopies], tmp_path: Path, caplog: Said) -> None:
    copy = opened(copies())
    for number in range(2000):
        copy.write([(b"key-%d" % number, b"x" * 10_000)], number)
    copy.close()
    tables = sorted((tmp_path / "facts" / "0").glob("*.sst"))
    assert tables
    content = bytearray(tables[0].read_bytes())
    content[len(content) // 2] ^= 0xFF
    tables[0].write_bytes(content)
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (-1, {})
    assert "is damaged" in caplog.text
    copy.write([(b"a", b"1")], 3)
    copy.close()


class Unclosable:
    """Like rocksdict after it finds a damaged table in the background: closing fails, and closes nothing."""

    def __init__(self, database: object) -> None:
        self.database = database

    def close(self) -> None:
        raise Exception("Corruption: block checksum mismatch")


def test_a_database_that_fails_to_close_is_released(
    copies: Callable[..., LocalCopies], monkeypatch: pytest.MonkeyPatch, caplog: Said
) -> None:
    monkeypatch.setattr(local_copy, "LOCK_SECONDS", 0.0)
    copy = opened(copies())
    copy._database = Unclosable(copy._database)
    copy.close()
    assert "was not closed cleanly: Corruption" in caplog.text
    opened(copies()).close()  # the lock is released


def test_a_copy_with_a_missing_file_is_rebuilt(
    copies: Callable[..., LocalCopies], tmp_path: Path, caplog: Said
) -> None:
    filled(copies())
    opened(copies()).close()  # the records move from the write-ahead log to a table
    for table in (tmp_path / "facts" / "0").glob("*.sst"):
        table.unlink()
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (-1, {})
    assert "is damaged" in caplog.text
    copy.close()


def test_a_copy_without_an_offset_is_not_valid(
    copies: Callable[..., LocalCopies], monkeypatch: pytest.MonkeyPatch, caplog: Said
) -> None:
    monkeypatch.setattr(local_copy, "_LABEL", b"\0another")
    filled(copies())
    monkeypatch.undo()
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (-1, {})
    assert "it does not have an offset" in caplog.text
    copy.close()


HOLD = """
import asyncio, sys
from pathlib import Path
from streams.fact_store.local_copy import LocalCopies
copy = asyncio.run(LocalCopies(Path(sys.argv[1]), "topic-1", 1e9).open(0))
copy.write([(b"theirs", b"1")], 4)
print("open", flush=True)
sys.stdin.read()
"""


def test_a_copy_held_by_another_process_is_left_alone(
    copies: Callable[..., LocalCopies], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Said, clock: Clock
) -> None:
    clock.time = time.time()
    monkeypatch.setattr(local_copy, "LOCK_SECONDS", 0.5)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "facts")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"open\n"
        assert asyncio.run(copies().open(0)) is None
        assert "continues in memory: another process holds" in caplog.text
    finally:
        holder.kill()  # a lock ends with its process
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (4, {b"theirs": b"1"})
    copy.close()


def test_without_a_writable_folder_the_worker_continues_in_memory(
    copies: Callable[..., LocalCopies], tmp_path: Path, caplog: Said
) -> None:
    (tmp_path / "facts").write_text("a file")
    assert asyncio.run(copies().open(0)) is None
    assert "continues in memory without a copy" in caplog.text


def test_nothing_is_added_to_a_closed_copy(copies: Callable[..., LocalCopies]) -> None:
    copy = opened(copies())
    copy.close()
    copy.close()
    with pytest.raises(CopyError):
        copy.write([(b"a", b"1")], 1)
