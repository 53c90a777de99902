"""The raw article: the value of the topic ``articles`` and a line of an article file."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from detectors.model.article import MetaValue
from detectors.model.event_time import AHEAD, event_time, is_plausible, is_unusable, parse_time, published_time
from detectors.reading.validation_errors import mismatch
from streams.records.envelopes import Envelope, envelope_of

#: Maximum size of an article's text, in UTF-8 bytes.
MAX_TEXT_BYTES = 1_000_000
#: Maximum size of each other field, and of ``meta`` as JSON, in UTF-8 bytes. Keys, headers, observations and alerts
#: repeat these fields, sometimes for several articles, and everything derived from an accepted article must fit into a
#: record.
MAX_FIELD_BYTES = 32_768

#: Maximum nesting of arrays and objects in a record; a valid article needs two levels, its own object and ``meta``.
MAX_DEPTH = 64
#: Maximum number of envelopes around an article: Connect may carry a CloudEvent.
MAX_ENVELOPES = 2
#: If an article claims to be received before it was published, one of the two is wrong. Published within this time
#: before it was appended, it is news, and the clock that stamped ``received_at`` is slow. Otherwise it comes from an
#: archive, and the publication date is wrong.
NEWS = timedelta(days=1)
#: The integers that every format along the way can represent.
INT64 = range(-(2**63), 2**63)

Reason = Literal[
    "not_utf8",
    "not_json",
    "wrong_type",
    "no_text",
    "too_large",
    "bad_timestamp",
    "processing_failed",
    "extraction_failed",
    "too_much_work",
    "record_too_large",
    "record_refused",
    "undecodable",
]
"""The reasons for dead letters; the list is closed because they are metric labels."""


class Article(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An article as received; only ``text`` is required. Times keep their original form."""

    text: str
    id: str | None = None
    title: str | None = None
    url: str | None = None
    source: str | None = None
    language: str | None = None
    published_at: str | None = None
    received_at: str | None = None
    meta: dict[str, MetaValue] | None = None

    @property
    def key(self) -> str:
        """The article's own id, else one derived from its URL, else from its title and text."""
        if self.id:
            return self.id
        if self.url:
            return "url-" + _digest(self.url)
        return "text-" + _digest(self.title or "", self.text)

    @property
    def content_hash(self) -> str:
        """A hash of everything but the arrival; distinguishes two versions under one id."""
        meta = msgspec.json.encode(self.meta or {}, order="sorted").decode()
        own = (self.title, self.text, self.url, self.source, self.language, self.published_at, meta)
        return _digest(*(field or "" for field in own))

    def arrival(self, record_time: datetime) -> datetime:
        """When the article arrived: ``received_at`` if usable, else ``record_time``, when it was appended to its log.

        A producer's clock may be wrong, and one article from the far future would advance the watermark permanently.
        So ``received_at`` is used only from 1990 to ten minutes after ``record_time``, and not if the article would
        then have been received more than ten minutes before it was published, within the last day.
        """
        received = parse_time(self.received_at) if self.received_at else None
        if received is None or not is_plausible(received) or received > record_time + AHEAD:
            return record_time
        published = published_time(self.published_at)
        if published is not None and received + AHEAD < published <= record_time + AHEAD:
            return record_time if record_time - published < NEWS else received
        return received

    def event_time(self, record_time: datetime) -> datetime:
        """The time that windows use; ``record_time`` is when the article was appended to its log."""
        return event_time(self.published_at, self.arrival(record_time), record_time)

    @property
    def has_unusable_date(self) -> bool:
        """Whether `published_at` is given and cannot be read, or lies before 1990."""
        return is_unusable(self.published_at)

    def ahead(self, record_time: datetime) -> tuple[str, ...]:
        """The fields with a time that is not used because it lies more than ten minutes after ``record_time``."""
        found = []
        for name in ("published_at", "received_at"):
            time = (published_time if name == "published_at" else parse_time)(getattr(self, name) or "")
            if time is not None and time > record_time + AHEAD:
                found.append(name)
        return tuple(found)


class BadArticleError(ValueError):
    """A record that is not a valid article; ``reason`` is a metric label, the message says what was expected."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


_decoder = msgspec.json.Decoder(Article)


def decode_article(value: bytes | None) -> Article:
    """Read one record of the topic ``articles``, or one line of an article file.

    It may be in an envelope: a CloudEvent in structured mode, or Kafka Connect's with a schema.

    Raises:
        BadArticleError: not UTF-8, not JSON, a field of the wrong type, no text, over 1 MB of text, over 32 KB in
            another field, nested too deeply, or an integer beyond 64 bits.
    """
    return _decode(value, ())


def _decode(value: bytes | None, within: tuple[Envelope, ...]) -> Article:
    """Decode a value that is ``within`` envelopes, which messages name."""
    if not value:
        if within:
            raise BadArticleError("no_text", f"field '{_path(within)}' is missing; {_expected(within)}")
        raise BadArticleError("no_text", "the record is empty; expected a JSON object with a field 'text'")
    _check_depth(value)
    try:
        article = _decoder.decode(value)
    except msgspec.ValidationError as error:
        missing = "missing required field `text`" in str(error)
        envelope = envelope_of(value) if len(within) < MAX_ENVELOPES else None
        if envelope is not None:
            return _decode(envelope.content, (*within, envelope))
        if missing:
            expected = _expected(within) if within else "expected the article's text"
            raise BadArticleError("no_text", f"field '{_path(within, 'text')}' is missing; {expected}") from None
        found = mismatch(error)
        path = _path(within, found.path)
        where = f"field '{path}'" if path else "the record"
        raise BadArticleError("wrong_type", f"{where}: {found.said}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _undecodable(value, error, _path(within)) from None
    for name, number in (article.meta or {}).items():
        if type(number) is int and number not in INT64:
            raise BadArticleError("wrong_type", f"field 'meta.{name}': expected a whole number of 64 bits")
    if not article.text or article.text.isspace():
        raise BadArticleError("no_text", "field 'text' is empty; expected the article's text")
    size = len(article.text) if article.text.isascii() else len(article.text.encode("utf-8", "surrogatepass"))
    if size > MAX_TEXT_BYTES:
        raise _too_large("text", size, MAX_TEXT_BYTES)
    if len(value) > MAX_FIELD_BYTES:
        _check_fields(article)
    return article


def _path(within: tuple[Envelope, ...], *fields: str) -> str:
    """The path to a field of the article, from outside of its envelopes."""
    return ".".join(filter(None, (*(envelope.field for envelope in within), *fields)))


def _expected(within: tuple[Envelope, ...]) -> str:
    return f"the record is {within[-1].kind}: expected an article in '{within[-1].field}'"


_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


def _check_depth(value: bytes) -> None:
    """Refuse records nested too deeply: the decoder's own limit depends on the current depth of Python's stack."""
    if value.count(b"[") + value.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _BRACKET.finditer(value):
        first = value[token.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                deep = ValueError(f"nested deeper than {MAX_DEPTH} levels at byte {token.start()}")
                raise _undecodable(value, deep)  # arbitrary bytes are no JSON for another reason
        elif first in b"]}":
            depth -= 1


def _check_fields(article: Article) -> None:
    for name in ("id", "title", "url", "source", "language", "published_at", "received_at"):
        size = len((getattr(article, name) or "").encode("utf-8", "surrogatepass"))
        if size > MAX_FIELD_BYTES:
            raise _too_large(name, size, MAX_FIELD_BYTES)
    size = len(msgspec.json.encode(article.meta))
    if size > MAX_FIELD_BYTES:
        raise _too_large("meta", size, MAX_FIELD_BYTES)


def _too_large(name: str, size: int, most: int) -> BadArticleError:
    return BadArticleError("too_large", f"field '{name}' has {size} bytes; expected at most {most}")


def _undecodable(value: bytes, error: Exception, path: str = "") -> BadArticleError:
    where = f"field '{path}': " if path else ""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as undecodable:
        return BadArticleError("not_utf8", f"{where}expected UTF-8; {undecodable.reason} at byte {undecodable.start}")
    return BadArticleError("not_json", f"{where}expected a JSON object; {error}")


def _digest(*parts: str) -> str:
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=12).hexdigest()
