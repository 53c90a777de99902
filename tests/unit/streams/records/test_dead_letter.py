"""A dead letter's added headers can be split from the original's, whatever those are."""

from datetime import UTC, datetime

import pytest

from streams.records.cloudevents import Headers
from streams.records.dead_letter import DeadLetter, split_headers


def letter(key: bytes | None, value: bytes | None, headers: Headers) -> DeadLetter:
    return DeadLetter(
        reason="no_text", message="no text", error="BadArticleError", stage="decode", topic="articles", partition=1,
        offset=7, timestamp=datetime(2025, 3, 1, tzinfo=UTC), key=key, value=value, headers=headers,
    )  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("trace", b"7f")],
        [("empty", b""), ("null", None)],
        [("newswatch_no_key", b"")],
        [("newswatch_reason", b"x")],
    ],
)
@pytest.mark.parametrize("key", [None, b"", b"k"])
@pytest.mark.parametrize("value", [None, b"", b"{"])
def test_original_headers_are_restored(key: bytes | None, value: bytes | None, headers: Headers) -> None:
    dead = letter(key, value, headers)
    original, added = split_headers(dead.all_headers())
    assert original == headers
    assert added["reason"] == "no_text"
    assert (added["topic"], added["partition"], added["offset"]) == ("articles", "1", "7")
    assert ("no_key" in added) == (key is None and value is None)
    assert (dead.sent_key, value) != (None, None)


def test_a_letter_that_fails_again_keeps_the_headers_added_first() -> None:
    first = letter(None, None, [("trace", b"7f")]).all_headers()
    original, _ = split_headers(letter(b"k", b"{", first).all_headers())
    assert original == first
