"""Which letters to replay, given the marks of those already replayed."""

from datetime import UTC, datetime

import pytest

from streams.dead_letters.letters import StoredLetter
from streams.dead_letters.marks import Replay, Replays
from streams.dead_letters.replay import BATCH_BYTES, in_batches

TIME = datetime(2025, 3, 1, tzinfo=UTC)


def letter(offset: int, value: bytes = b"{", left_out: int = 0) -> StoredLetter:
    return StoredLetter(
        partition=0, offset=offset, time=TIME, reason="not_json", message="", error="", stage="decode", topic="articles",
        from_partition=1, from_offset=offset, timestamp=None, key=None, value=value, headers=[], left_out=left_out,
    )  # fmt: skip


def put_back(one: StoredLetter, to: StoredLetter) -> Replay:
    return Replay(
        root=one.origin,
        origin=to.origin,
        letter=one.id,
        topic="articles",
        partition=1,
        offset=to.from_offset,
        time=TIME,
    )


def test_replayed_and_returned_letters_are_replayed_again_only_on_request() -> None:
    first, returned, untouched = letter(1), letter(5), letter(2)
    known = Replays([put_back(first, returned)])
    letters = [first, returned, untouched]
    assert [known.state(one) for one in letters] == ["replayed", "returned", "open"]
    assert known.pending(letters) == [untouched]
    assert untouched in (again := known.pending(letters, again=True))
    assert len(again) == 2  # two letters of one record count once


def test_a_letter_without_content_is_never_replayed() -> None:
    without = letter(3, value=b"", left_out=20_000_000)
    assert Replays().state(without) == "incomplete"
    assert Replays().pending([without]) == []
    assert Replays().pending([without], again=True) == []


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        ([1, 1, 1, 1, 1], [2, 2, 1]),
        ([BATCH_BYTES - 1, 1, 1], [2, 1]),
        ([BATCH_BYTES * 2, 1, 1], [1, 2]),
        ([], []),
    ],
)
def test_batches_are_limited_in_number_and_bytes(sizes: list[int], batches: list[int]) -> None:
    letters = [letter(number, value=b"x" * size) for number, size in enumerate(sizes)]
    made = list(in_batches(letters, 2))
    assert [len(batch) for batch in made] == batches
    assert [one for batch in made for one in batch] == letters
