"""The entries of an RSS or Atom document as articles, read with feedparser."""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser
import msgspec

from streams.records.article import Article
from streams.sources.rss.plain_text import plain_text
from streams.sources.rss.sites import host_of

#: The longest date that is kept as written when it cannot be read (characters).
LONGEST_DATE = 100
_NUMBERED = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_REPLACEMENT = b"&#xFFFD;"


class Entries(msgspec.Struct, frozen=True):
    """The articles of a feed, in its order, and why the entries that are left out are unusable."""

    articles: tuple[Article, ...] = ()
    left_out: tuple[str, ...] = ()


class NotAFeedError(ValueError):
    """A document that is neither RSS nor Atom, or that feedparser fails on."""


def read_entries(content: bytes, url: str, source: str) -> Entries:
    """Read the document that ``url`` answered with.

    Args:
        source: the outlet of all entries. Their links do not decide it: a feed could link to any outlet, or to several,
            and seem to be independent sources.

    Raises:
        NotAFeedError: the document cannot be read.
    """
    try:
        feed = feedparser.parse(_characters_only(content))
    except Exception as error:  # noqa: BLE001 - some documents raise errors of any kind in feedparser
        raise NotAFeedError(f"cannot be read: {type(error).__qualname__}: {error}") from None
    if not feed.get("version"):
        raise NotAFeedError("expected RSS or Atom, found neither")
    articles: list[Article] = []
    left_out: list[str] = []
    for number, entry in enumerate(feed.entries, start=1):
        try:
            articles.append(_article(entry, url, source))
        except Exception as error:  # noqa: BLE001 - an entry may hold anything; it costs itself alone
            left_out.append(f"entry {number} is left out: {type(error).__qualname__}: {error}")
    return Entries(tuple(articles), tuple(left_out))


def _characters_only(content: bytes) -> bytes:
    """The document with numbers of no character replaced: feedparser (#591, #599) fails on them as a whole."""

    def character(found: re.Match[bytes]) -> bytes:
        digits = found[1] or found[2]
        code = int(digits, 16 if found[1] else 10) if len(digits) <= 8 else 0x110000
        return found[0] if code < 0x110000 and not 0xD800 <= code < 0xE000 else _REPLACEMENT

    return _NUMBERED.sub(character, content)


def _article(entry: Any, base: str, source: str) -> Article:
    link = _web_address(entry.get("link"), base)
    return Article(
        id=entry.get("id") or link,
        title=plain_text(entry.get("title") or ""),
        text=_text(entry),
        url=link,
        source=source,
        language=entry.get("language"),
        published_at=_time(entry),
    )


def _web_address(link: str | None, base: str) -> str | None:
    """The link as an absolute address of http or https; None if it is none."""
    try:
        address = urljoin(base, link) if link else ""
    except ValueError:
        return None
    return address if address.startswith(("http://", "https://")) and host_of(address) else None


def _text(entry: Any) -> str:
    contents = [content.get("value") or "" for content in entry.get("content") or ()]
    return plain_text(max([*contents, entry.get("summary") or ""], key=len))


def _time(entry: Any) -> str | None:
    """The date in UTC; as written if it cannot be read, for the stream to say so."""
    for name in ("published", "updated"):
        try:
            if parsed := entry.get(f"{name}_parsed"):
                return datetime.fromtimestamp(timegm(parsed), UTC).isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError, OSError):
            pass
        if written := entry.get(name):
            return str(written)[:LONGEST_DATE]
    return None
