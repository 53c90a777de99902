"""Articles from RSS and Atom feeds, read with feedparser."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.request
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import feedparser
import msgspec

from detectors.user_error import UserError
from streams.records.article import Article

TIMEOUT_SECONDS = 30.0
#: A larger response is not taken for a feed.
MAX_FEED_BYTES = 32 * 1024 * 1024

_TAG = re.compile(r"<[^>]*>")
_BLOCK = re.compile(r"</?(?:p|div|br|li|h[1-6]|tr|blockquote)\b[^>]*>", re.IGNORECASE)


class UnreadableFeedError(UserError):
    """A feed that cannot be fetched or parsed."""


def read_feed(url: str) -> Iterator[bytes]:
    """The entries of the feed at ``url`` as records of ``articles``, in the feed's order.

    Raises:
        UnreadableFeedError: the address does not answer, or the response is not a feed.
    """
    if urlsplit(url).scheme not in {"http", "https", "file"}:
        raise UnreadableFeedError(f"{url}: expected an http or https address of an RSS or Atom feed")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the scheme is checked
            content = answer.read(MAX_FEED_BYTES)
    except (urllib.error.URLError, OSError) as error:
        raise UnreadableFeedError(f"{url}: {getattr(error, 'reason', error)}") from None
    feed = feedparser.parse(content)
    if not feed.get("version"):
        raise UnreadableFeedError(f"{url}: expected RSS or Atom, found neither")
    for entry in feed.entries:
        yield msgspec.json.encode(_article(entry, urlsplit(url).netloc))


def _article(entry: Any, host: str) -> Article:
    link = entry.get("link")
    return Article(
        id=entry.get("id") or link,
        title=_plain(entry.get("title", "")),
        text=_text(entry),
        url=link,
        source=urlsplit(link).netloc if link else host,
        language=entry.get("language"),
        published_at=_time(entry),
    )


def _text(entry: Any) -> str:
    contents = [content.get("value", "") for content in entry.get("content", ())]
    return _plain(max([*contents, entry.get("summary", "")], key=len))


def _plain(markup: str) -> str:
    return html.unescape(_TAG.sub("", _BLOCK.sub("\n", markup))).strip()


def _time(entry: Any) -> str | None:
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    return datetime.fromtimestamp(timegm(parsed), UTC).isoformat().replace("+00:00", "Z") if parsed else None
