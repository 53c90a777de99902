"""Letters that another program may have written are still read, one by one."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from streams.dead_letters.letters import StoredLetter, stored_letter


def record(at: int = 1_740_000_000_000, **added: bytes) -> Any:
    names = {"topic": b"articles", "partition": b"1", "offset": b"7", "timestamp": b"5"} | added
    headers = [(f"__connect.errors.{name}", value) for name, value in names.items()]
    return SimpleNamespace(
        partition=0,
        offset=3,
        timestamp=at,
        key=b"k",
        value=b"v",
        headers=[*headers, ("newswatch_reason", b"no")],
    )


@pytest.mark.parametrize("number", [b"9" * 5000, b"-1", b"", b"1e5", b"\xff", "٣".encode() * 5000, b"9" * 19])
def test_a_number_that_is_none_is_unknown(number: bytes) -> None:
    letter = stored_letter(record(offset=number, partition=number, timestamp=number))
    assert (letter.from_partition, letter.from_offset, letter.timestamp) == (-1, -1, None)


@pytest.mark.parametrize(("timestamp", "year"), [(2**63 - 1, 9999), (-(2**62), 1), (1_740_000_000_000, 2025)])
def test_a_time_beyond_the_calendar_is_the_nearest_one(timestamp: int, year: int) -> None:
    assert stored_letter(record(timestamp)).time.year == year


def test_an_outline_has_the_origin_of_the_letter_and_not_its_content() -> None:
    letter = StoredLetter(
        partition=0, offset=3, time=datetime(2025, 3, 1, tzinfo=UTC), reason="no_text", message="m", error="e",
        stage="decode", topic="articles", from_partition=1, from_offset=7, timestamp=None, key=b"k", value=b"v" * 9,
        headers=[("h", b"x")],
    )  # fmt: skip
    outline = letter.outline()
    assert (outline.origin, outline.size, outline.id) == (letter.origin, 9, letter.id)
    assert (outline.key, outline.value, outline.headers) == (None, None, [])
    assert outline.outline() == outline
