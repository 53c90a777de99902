"""Reading records of the topic `articles`."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from streams.records.article import MAX_FIELD_BYTES, MAX_TEXT_BYTES, Article, BadArticleError, decode_article

NOW = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "reason", "says"),
    [
        (None, "no_text", "empty"),
        (b"", "no_text", "empty"),
        (b"not json", "not_json", "expected a JSON object"),
        (b'{"text": "cut', "not_json", "truncated"),
        (b'"a string"', "wrong_type", "the record: expected a mapping, found a string"),
        (b'{"text": 5}', "wrong_type", "field 'text': expected a string, found a number"),
        (b'{"text": "x", "title": ["x"]}', "wrong_type", "field 'title'"),
        (b'{"text": "x", "meta": {"tone": [1]}}', "wrong_type", "field 'meta[...]'"),
        (b'{"title": "x"}', "no_text", "'text' is missing"),
        (b'{"text": ""}', "no_text", "'text' is empty"),
        (b'{"text": " \\n"}', "no_text", "'text' is empty"),
        (b'{"text": "caf\xe9"}', "not_utf8", "byte 13"),
        (
            b'{"text": "x", "a": ' + b"[" * 1000 + b"]" * 1000 + b"}",
            "not_json",
            "nested deeper than 64 levels at byte 82",
        ),
        (b'{"text": "x", "a": ' + b"[" * 200_000, "not_json", "nested deeper than 64 levels"),
        (b'{"text": "x", "a": ' + b'{"b":' * 100 + b"1" + b"}" * 101, "not_json", "nested deeper than 64 levels"),
        (
            b'{"text": "x", "meta": {"n": 18446744073709551616}}',
            "wrong_type",
            "'meta.n': expected a whole number of 64",
        ),
        (
            b'{"text": "x", "meta": {"n": -9223372036854775809}}',
            "wrong_type",
            "'meta.n': expected a whole number of 64",
        ),
    ],
)
def test_a_bad_record_is_refused_with_a_reason(value: bytes | None, reason: str, says: str) -> None:
    with pytest.raises(BadArticleError) as caught:
        decode_article(value)
    assert caught.value.reason == reason
    assert says in str(caught.value)


@pytest.mark.parametrize("letter", ["a", "é", "界"])
def test_text_is_limited_in_bytes(letter: str) -> None:
    most = MAX_TEXT_BYTES // len(letter.encode())
    assert decode_article(json.dumps({"text": letter * most}).encode()).text == letter * most
    with pytest.raises(BadArticleError) as caught:
        decode_article(json.dumps({"text": letter * (most + 1)}).encode())
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("field", ["id", "title", "url", "source", "language", "published_at", "received_at"])
@pytest.mark.parametrize("letter", ["a", "é"])
def test_other_fields_are_limited_too(field: str, letter: str) -> None:
    most = MAX_FIELD_BYTES // len(letter.encode())
    assert getattr(decode_article(json.dumps({"text": "x", field: letter * most}).encode()), field) == letter * most
    with pytest.raises(BadArticleError, match=f"field '{field}' has {MAX_FIELD_BYTES + len(letter.encode())} bytes"):
        decode_article(json.dumps({"text": "x", field: letter * (most + 1)}).encode())


def test_meta_is_limited_as_a_whole() -> None:
    half = "a" * (MAX_FIELD_BYTES // 2)
    assert decode_article(json.dumps({"text": "x", "meta": {"a": half, "n": 1}}).encode()).meta == {"a": half, "n": 1}
    with pytest.raises(BadArticleError, match="field 'meta' has"):
        decode_article(json.dumps({"text": "x", "meta": {"a": half, "b": half}}).encode())


def test_unknown_fields_and_nulls_are_accepted() -> None:
    article = decode_article(b'{"text": "x", "title": null, "author": "somebody"}')
    assert article == Article(text="x")


def test_brackets_in_strings_do_not_count_as_nesting() -> None:
    text = "[[{" * 1000 + '\\"' + "[" * 100
    assert decode_article(json.dumps({"text": text}).encode()).text == text


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 0.5, True])
def test_64_bit_numbers_are_accepted(number: float) -> None:
    assert decode_article(json.dumps({"text": "x", "meta": {"n": number}}).encode()).meta == {"n": number}


def test_the_key_is_the_id_else_derived_from_the_url_else_from_the_text() -> None:
    assert Article(text="x", id="a1", url="https://a.example/1").key == "a1"
    by_url = Article(text="x", url="https://a.example/1")
    assert by_url.key == Article(text="y", url="https://a.example/1", id="").key
    assert by_url.key.startswith("url-")
    assert Article(text="x").key == Article(text="x", source="a.example").key
    assert Article(text="x").key != Article(text="x", title="t").key


def test_the_content_hash_depends_on_the_version_not_on_the_arrival() -> None:
    first = Article(text="x", id="a", meta={"tone": 1.5, "owner": "o"})
    assert first.content_hash == Article(text="x", id="a", meta={"owner": "o", "tone": 1.5}).content_hash
    assert first.content_hash == Article(text="x", id="b", meta=first.meta, received_at="2025-01-01").content_hash
    assert first.content_hash != Article(text="x.", id="a", meta=first.meta).content_hash


@pytest.mark.parametrize(
    ("received_at", "arrival"),
    [
        (None, NOW),
        ("yesterday", NOW),
        ("2025-02-28T23:00:00Z", datetime(2025, 2, 28, 23, tzinfo=UTC)),
        ("2025-02-28T23:00:00+05:00", datetime(2025, 2, 28, 18, tzinfo=UTC)),
        ("2025-03-01T00:10:00Z", datetime(2025, 3, 1, 0, 10, tzinfo=UTC)),
        ("2025-03-01T00:10:01Z", NOW),
        ("2099-01-01T00:00:00Z", NOW),
        ("9999-12-31T23:59:59Z", NOW),
        ("0001-01-01T00:00:00Z", NOW),
        ("1989-12-31T23:59:59Z", NOW),
    ],
)
def test_received_at_is_the_arrival_if_it_is_usable(received_at: str | None, arrival: datetime) -> None:
    assert Article(text="x", received_at=received_at).arrival(NOW) == arrival


@pytest.mark.parametrize(
    ("received_at", "published_at", "event_time"),
    [
        # fast clocks and wrong zones: neither time is used
        ("2099-01-01T00:00:00Z", "2099-01-01T00:00:00Z", NOW),
        ("2025-03-01T03:00:00Z", "2025-03-01T03:00:00Z", NOW),
        ("2025-03-01T00:10:00Z", "2025-03-01T00:20:00Z", NOW + timedelta(minutes=10)),
        # a slow clock stamped an article with the right date
        ("2025-02-28T21:00:00Z", "2025-02-28T23:55:00Z", NOW - timedelta(minutes=5)),
        ("2025-02-19T00:00:00Z", "2025-02-28T23:55:00Z", NOW - timedelta(minutes=5)),
        ("2000-01-01T00:00:00Z", "2025-02-28T23:55:00Z", NOW - timedelta(minutes=5)),
        (None, "2025-02-28T23:55:00Z", NOW - timedelta(minutes=5)),
        # an archive: the date is wrong
        ("2015-01-01T00:00:00Z", "2016-01-01T00:00:00Z", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2015-01-01T00:00:00Z", "2015-01-01T00:11:00Z", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2025-02-28T21:00:00Z", None, datetime(2025, 2, 28, 21, tzinfo=UTC)),
    ],
)
def test_no_time_of_a_client_is_believed_against_the_brokers(
    received_at: str | None, published_at: str | None, event_time: datetime
) -> None:
    assert Article(text="x", received_at=received_at, published_at=published_at).event_time(NOW) == event_time


@pytest.mark.parametrize(
    ("published_at", "unusable"),
    [(None, False), ("", False), ("2025-03-10 08:00", False), ("Monday", True), ("1899-12-31", True)],
)
def test_a_date_that_cannot_be_used_is_known(published_at: str | None, unusable: bool) -> None:
    assert Article(text="A flood.", published_at=published_at).has_unusable_date is unusable


def test_the_event_time_is_the_date_in_any_spelling() -> None:
    arrival = datetime(2025, 3, 12, tzinfo=UTC)
    article = Article(text="A flood.", published_at="Mon, 10 Mar 2025 10:00:00 EST")
    assert article.event_time(arrival) == datetime(2025, 3, 10, 15, tzinfo=UTC)


def test_times_ahead_of_the_broker_are_named() -> None:
    article = Article(text="x", published_at="2025-03-01T00:10:01Z", received_at="2025-03-01T00:10:00Z")
    assert article.ahead(NOW) == ("published_at",)
    assert article.ahead(NOW - timedelta(seconds=1)) == ("published_at", "received_at")
    assert Article(text="x", published_at="soon").ahead(NOW) == ()
