"""The copy of a partition's changelog on local disk: what it keeps, and when it does not count."""

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


def test_what_was_written_is_there_again_with_its_offset(copies: Callable[..., LocalCopies]) -> None:
    filled(copies())
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (9, {b"a": b"1", b"c": b"3"})
    assert dict(copy.records(b"c")) == {b"c": b"3"}
    copy.close()


def test_partitions_are_apart(copies: Callable[..., LocalCopies]) -> None:
    filled(copies())
    copy = opened(copies(), 1)
    assert (copy.offset, held(copy)) == (-1, {})
    copy.close()


def test_what_is_acknowledged_late_and_was_read_already_is_not_taken_twice(copies: Callable[..., LocalCopies]) -> None:
    copy = opened(copies())
    copy.write([(b"a", b"1"), (b"a", None)], 5)
    copy.append([(4, (b"a", b"1")), (5, (b"a", None)), (6, (b"b", b"2"))])
    assert (copy.offset, held(copy)) == (6, {b"b": b"2"})
    copy.close()


def test_a_gap_in_the_offsets_ends_what_is_known(copies: Callable[..., LocalCopies]) -> None:
    # At 8 stands what another worker wrote: a deletion of `b` may be there.
    copy = opened(copies())
    copy.append([(0, (b"a", b"1")), (1, (b"b", b"2"))])
    copy.append([(2, (b"c", b"3")), (4, (b"d", b"4"))])
    copy.append([(5, (b"e", b"5"))])
    assert (copy.offset, set(held(copy))) == (2, {b"a", b"b", b"c"})
    copy.write([(b"b", None), (b"d", b"4"), (b"e", b"5")], 5)  # what the log says from the gap on
    assert (copy.offset, set(held(copy))) == (5, {b"a", b"c", b"d", b"e"})
    copy.close()


def test_an_offset_that_the_broker_does_not_tell_is_no_offset(copies: Callable[..., LocalCopies]) -> None:
    copy = opened(copies())
    copy.append([(-1, (b"a", b"1"))])
    assert (copy.offset, held(copy)) == (-1, {})
    copy.close()


def test_the_copy_of_a_topic_that_was_made_anew_does_not_count(
    copies: Callable[..., LocalCopies], caplog: Said
) -> None:
    filled(copies())
    copy = opened(copies("topic-2"))
    assert (copy.offset, held(copy)) == (-1, {})
    assert "the topic was made anew since" in caplog.text
    copy.close()


def test_without_an_id_of_the_topic_no_copy_counts(copies: Callable[..., LocalCopies]) -> None:
    filled(copies(""))
    copy = opened(copies(""))
    assert (copy.offset, held(copy)) == (-1, {})
    copy.close()


@pytest.mark.parametrize("hours", [13, -13])
def test_a_copy_that_may_miss_a_deletion_does_not_count(
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
    assert "the log keeps deletions for a time only" in caplog.text
    copy.close()


def test_a_recovery_that_was_broken_off_makes_a_copy_no_younger(
    copies: Callable[..., LocalCopies], clock: Clock
) -> None:
    # What it read may have been deleted just before, and the log forgets that soon.
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


def test_a_copy_that_goes_further_than_the_log_begins_anew(copies: Callable[..., LocalCopies]) -> None:
    filled(copies())
    some = copies()
    copy = some.renewed(0, opened(some))
    assert copy is not None
    assert (copy.offset, held(copy)) == (-1, {})
    copy.close()


def test_a_damaged_database_begins_anew(copies: Callable[..., LocalCopies], tmp_path: Path, caplog: Said) -> None:
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
    """As rocksdict is with a table that was found damaged in the background: closing fails, and closes nothing."""

    def __init__(self, database: object) -> None:
        self.database = database

    def close(self) -> None:
        raise Exception("Corruption: block checksum mismatch")


def test_a_database_that_cannot_be_closed_is_let_go(
    copies: Callable[..., LocalCopies], monkeypatch: pytest.MonkeyPatch, caplog: Said
) -> None:
    monkeypatch.setattr(local_copy, "LOCK_SECONDS", 0.0)
    copy = opened(copies())
    copy._database = Unclosable(copy._database)
    copy.close()
    assert "was not closed in order: Corruption" in caplog.text
    opened(copies()).close()  # no lock is left


def test_a_file_that_is_missing_begins_anew(copies: Callable[..., LocalCopies], tmp_path: Path, caplog: Said) -> None:
    filled(copies())
    opened(copies()).close()  # what was in the log of writes is in a table now
    for table in (tmp_path / "facts" / "0").glob("*.sst"):
        table.unlink()
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (-1, {})
    assert "is damaged" in caplog.text
    copy.close()


def test_records_without_a_word_of_how_far_they_go_do_not_count(
    copies: Callable[..., LocalCopies], monkeypatch: pytest.MonkeyPatch, caplog: Said
) -> None:
    monkeypatch.setattr(local_copy, "_LABEL", b"\0another")
    filled(copies())
    monkeypatch.undo()
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (-1, {})
    assert "it does not say how far it goes" in caplog.text
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


def test_a_copy_that_another_process_holds_is_left_alone(
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
        assert "goes on without a local copy: another process has" in caplog.text
    finally:
        holder.kill()  # and a lock outlives nobody
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()
    copy = opened(copies())
    assert (copy.offset, held(copy)) == (4, {b"theirs": b"1"})
    copy.close()


def test_a_folder_that_cannot_be_written_is_done_without(
    copies: Callable[..., LocalCopies], tmp_path: Path, caplog: Said
) -> None:
    (tmp_path / "facts").write_text("a file")
    assert asyncio.run(copies().open(0)) is None
    assert "goes on without a local copy" in caplog.text


def test_a_closed_copy_takes_nothing(copies: Callable[..., LocalCopies]) -> None:
    copy = opened(copies())
    copy.close()
    copy.close()
    with pytest.raises(CopyError):
        copy.write([(b"a", b"1")], 1)
