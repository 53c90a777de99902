"""Articles in the envelopes of CloudEvents (structured mode) and Kafka Connect."""

import base64
import json
from typing import Any

import pytest

from streams.records.article import Article, BadArticleError, decode_article
from streams.records.envelopes import envelope_of

ARTICLE = {"id": "a-1", "text": "A flood.", "source": "wire.example", "meta": {"desk": "osh"}}
EVENT = {
    "specversion": "1.0",
    "id": "e-7",
    "source": "/crawler",
    "type": "news.article",
    "time": "2025-03-01T10:00:00Z",
}
SCHEMA = {"type": "struct", "optional": False, "fields": [{"field": "text", "type": "string"}]}


def event(**fields: Any) -> dict[str, Any]:
    return EVENT | fields


def connect(payload: Any) -> dict[str, Any]:
    return {"schema": SCHEMA, "payload": payload}


def encoded(record: Any) -> bytes:
    return json.dumps(record).encode()


BASE64 = base64.b64encode(encoded(ARTICLE)).decode()


@pytest.mark.parametrize(
    "record",
    [
        event(data=ARTICLE, datacontenttype="application/json", text_extension="x"),
        event(data=json.dumps(ARTICLE)),  # encoded twice
        event(data_base64=BASE64),
        connect(ARTICLE),
        {"schema": None, "payload": ARTICLE},
        connect(json.dumps(ARTICLE)),  # from a topic of strings
        connect(event(data=ARTICLE)),
    ],
)
def test_the_article_in_an_envelope_is_the_article(record: dict[str, Any]) -> None:
    assert decode_article(encoded(record)) == Article(**ARTICLE)  # type: ignore[arg-type]
    assert decode_article(encoded(record)).content_hash == decode_article(encoded(ARTICLE)).content_hash


@pytest.mark.parametrize(
    ("record", "reason", "says"),
    [
        (
            event(),
            "no_text",
            "field 'data' is missing; the record is a CloudEvent in structured mode: expected an article",
        ),
        (event(data=None), "no_text", "field 'data' is missing"),
        (event(data={"title": "x"}), "no_text", "field 'data.text' is missing; the record is a CloudEvent"),
        (event(data={"text": 5}), "wrong_type", "field 'data.text': expected a string, found a number"),
        (event(data="A flood."), "not_json", "field 'data': expected a JSON object"),
        (event(data_base64="?"), "no_text", "field 'text' is missing"),
        (event(data_base64="/w=="), "not_utf8", "field 'data_base64': expected UTF-8"),
        (connect(None), "no_text", "field 'payload' is missing; the record is an envelope of Kafka Connect"),
        (connect([ARTICLE]), "wrong_type", "field 'payload': expected a mapping, found a list"),
        (connect(event(data={})), "no_text", "field 'payload.data.text' is missing"),
        (connect(connect(connect(ARTICLE))), "no_text", "field 'payload.payload.text' is missing"),
        ([event(data=ARTICLE)], "wrong_type", "the record: expected a mapping"),  # a batch
        ({"payload": ARTICLE}, "no_text", "field 'text' is missing"),
    ],
)
def test_what_is_missing_is_named_with_its_envelope(record: Any, reason: str, says: str) -> None:
    with pytest.raises(BadArticleError) as caught:
        decode_article(encoded(record))
    assert (caught.value.reason, says in str(caught.value)) == (reason, True), str(caught.value)


def test_an_article_is_never_taken_for_an_envelope() -> None:
    """Unknown fields are ignored, also those that have the names of an envelope's."""
    record = ARTICLE | {"specversion": "1.0", "data": {"text": "no"}, "schema": {}, "payload": {"text": "no"}}
    assert decode_article(encoded(record)).text == "A flood."


@pytest.mark.parametrize("value", [b"{", b'"x"', b"[]", b'{"specversion": 1, "data_base64": 5}', b'{"schema": 1}'])
def test_what_is_no_envelope(value: bytes) -> None:
    assert envelope_of(value) is None


def test_envelopes_of_envelopes_end() -> None:
    inner = b"{}"
    for _ in range(40):
        inner = encoded(event(data_base64=base64.b64encode(inner).decode()))
    with pytest.raises(BadArticleError):
        decode_article(inner)
