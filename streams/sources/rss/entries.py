"""The entries of an RSS or Atom document, a JSON Feed or a news sitemap as articles."""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urljoin

import feedparser
import msgspec

from detectors.model.event_time import parse_time, rfc3339
from streams.records.article import Article
from streams.sources.rss.characters import characters_only, content_headers
from streams.sources.rss.identity import item_id
from streams.sources.rss.json_feed import json_article, json_feed, title_and_text
from streams.sources.rss.plain_text import alternative_text, plain_text
from streams.sources.rss.sitemap import news_sitemap
from streams.sources.rss.sites import host_of, site_of, without_credentials

#: The longest date that is kept as written when it cannot be read (characters).
LONGEST_DATE = 100
#: Types of content that are text; others, such as an image in base64, are not.
_TEXT = re.compile(r"text/(?!css|javascript)[\w.+-]+|application/(?:xhtml\+xml|xml|[\w.-]+\+xml)|text|html|xhtml|")
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_FEED_LINK = re.compile(rb"""<link\b[^<>]*?type=["']application/(?:rss|atom)\+xml["'][^<>]*>""", re.IGNORECASE)
_HREF = re.compile(rb"""\bhref=["']([^"'<>]{1,500})["']""", re.IGNORECASE)


class Entries(msgspec.Struct, frozen=True):
    """The articles of a feed, in its order, and why the entries that are left out are unusable."""

    articles: tuple[Article, ...] = ()
    left_out: tuple[str, ...] = ()


class NotAFeedError(ValueError):
    """A document that is no feed, or that feedparser fails on."""


class NothingToReadError(ValueError):
    """An entry with neither title nor text."""


def read_entries(
    content: bytes,
    url: str,
    source: str,
    *,
    feed: str = "",
    headers: Mapping[str, str] | None = None,
    named: bool = False,
) -> Entries:
    """Read the document that ``url`` answered with.

    Args:
        source: the outlet of all entries. Their links do not decide it: a feed could link to any outlet, or to several,
            and seem to be independent sources. Only an entry's own ``<source url>`` does, as aggregators write it.
        feed: the address that was asked for, which ids are made from; default: ``url``.
        headers: of the answer; they decide on charset and language.
        named: the operator chose ``source``, and no entry changes it.

    Raises:
        NotAFeedError: the document cannot be read.
    """
    language = (headers or {}).get("content-language")
    if (document := json_feed(content)) is not None:
        language = str(document.get("language") or "") or language
        return collected(document["items"], partial(_of_json, url, feed or url, source, language))
    if (sitemap := news_sitemap(content)) is not None:
        return collected(sitemap, partial(_of_sitemap, url, feed or url, source))
    try:
        parsed = feedparser.parse(
            io.BytesIO(characters_only(content)),  # bytes alone might be the name of a file
            response_headers=content_headers(content, url, headers or {}),
        )
    except Exception as error:  # noqa: BLE001 - some documents raise errors of any kind in feedparser
        raise NotAFeedError(f"cannot be read: {type(error).__qualname__}: {error}") from None
    if not parsed.get("version") and not parsed.entries:
        raise NotAFeedError(f"expected RSS or Atom, found {_found(content, url)}")
    language = parsed.feed.get("language") or language

    def article(entry: Any) -> Article:
        return _article(entry, url, feed or url, source, named, language)

    return collected(parsed.entries, article)


def _of_json(base: str, feed: str, source: str, language: str | None, item: Any) -> Article:
    link = web_address(item.get("url") or item.get("external_url"), base)
    _, text = title_and_text(item)
    if not text:
        raise NothingToReadError("it has neither title nor text")
    found = fitting_language(str(item.get("language") or "") or language, text)
    return json_article(item, feed=feed, link=link, source=source, language=found)


def _of_sitemap(base: str, feed: str, source: str, item: dict[str, str]) -> Article:
    if not (title := plain_text(item["title"])):
        raise NothingToReadError("it is no news: it has no title")
    link = web_address(item["loc"], base)
    return Article(
        id=item_id(feed, None, link),
        title=title,
        text=title,
        url=link,
        source=source or None,
        language=fitting_language(item["language"], title),
        published_at=item["date"][:LONGEST_DATE] or None,
    )


def collected(entries: Iterable[Any], article: Callable[[Any], Article]) -> Entries:
    """Each entry as an article; one that cannot be read costs itself alone."""
    articles: list[Article] = []
    left_out: list[str] = []
    for number, entry in enumerate(entries, start=1):
        try:
            articles.append(article(entry))
        except NothingToReadError as error:
            left_out.append(f"entry {number} is left out: {error}")
        except Exception as error:  # noqa: BLE001 - an entry may hold anything; it costs itself alone
            left_out.append(f"entry {number} is left out: {type(error).__qualname__}: {error}")
    return Entries(tuple(articles), tuple(left_out))


def oldest_first(articles: Iterable[Article]) -> tuple[Article, ...]:
    """The articles in order of their dates; feeds begin with the newest, so one without a date follows the next."""
    dated: list[tuple[datetime, Article]] = []
    time = _EARLIEST
    for article in reversed(tuple(articles)):
        time = parse_time(article.published_at or "") or time
        dated.append((time, article))
    return tuple(article for _, article in sorted(dated, key=lambda pair: pair[0]))


def _found(content: bytes, url: str) -> str:
    link = _FEED_LINK.search(content[:200_000])
    address = _HREF.search(link[0]) if link else None
    if address is None:
        return "neither"
    named = urljoin(url, address[1].decode("utf-8", "replace"))
    return f"a page that names its feed: {named}"


def _article(entry: Any, base: str, feed: str, source: str, named: bool, language: str | None) -> Article:
    link = web_address(entry.get("feedburner_origlink"), base) or web_address(entry.get("link"), base)
    title = plain_text(entry.get("title") or "")
    text = _text(entry) or title or _last_resort(entry)
    if not text:
        raise NothingToReadError("it has neither title nor text")
    return Article(
        id=item_id(feed, entry.get("id"), link),
        title=title or None,
        text=text,
        url=link,
        source=(source if named else _outlet(entry, base) or source) or None,
        language=fitting_language(entry.get("language") or _own_language(entry) or language, text),
        published_at=_time(entry),
    )


def web_address(link: object, base: str) -> str | None:
    """The link as an absolute address of http or https, without a user; None if it is none."""
    try:
        address = urljoin(base, link.strip()) if isinstance(link, str) and link.strip() else ""
    except ValueError:
        return None
    web = address.lower().startswith(("http://", "https://")) and host_of(address)
    return without_credentials(address) if web else None


def _outlet(entry: Any, base: str) -> str | None:
    """The site of an entry's own source, as aggregators name it."""
    given = entry.get("source")
    if not isinstance(given, Mapping):
        return None
    links = (given.get("href"), given.get("link"), given.get("id"))
    address = next(filter(None, (web_address(link, base) for link in links if link)), None)
    return site_of(host_of(address)) if address else None


def _own_language(entry: Any) -> str | None:
    details = [*(entry.get("content") or ()), entry.get("summary_detail"), entry.get("title_detail")]
    return next((str(detail["language"]) for detail in details if detail and detail.get("language")), None)


def fitting_language(tag: str | None, text: str) -> str | None:
    """A feed's language, unless its text is in another script: many systems say ``en-US`` of every feed."""
    if not tag or not tag.strip():
        return None
    letters = [character for character in text[:2000] if character.isalpha()]
    latin = sum(character < "\u0250" for character in letters)
    if tag.strip().lower()[:2] in _LATIN and latin * 2 < len(letters):
        return None
    return tag.strip()


_LATIN = frozenset(
    "ca cs da de en es et eu fi fr ga gl hr hu id is it lt lv ms mt nl no pl pt ro sk sl sq sv sw tr vi".split()  # noqa: SIM905 - as readers look for them
)


def _texts(entry: Any) -> Iterator[str]:
    for content in entry.get("content") or ():
        if _TEXT.fullmatch((content.get("type") or "").partition(";")[0].strip().lower()):
            yield content.get("value") or ""
    for name in ("summary", "description", "subtitle", "yandex_full-text", "fulltext", "content_encoded"):
        value = entry.get(name)
        if isinstance(value, str):
            yield value


def _text(entry: Any) -> str:
    """The longest text, without its markup: links to share a page may be longer than the page."""
    return max(map(plain_text, _texts(entry)), key=len, default="")


def _last_resort(entry: Any) -> str:
    """What is left where neither title nor text can be read: what images are said to show, else what is there."""
    given = [value for value in (*_texts(entry), entry.get("title") or "") if value.strip()]
    others = [
        plain_text(content.get("value") or "")
        for content in entry.get("content") or ()
        if not str(content.get("type")).lower().startswith(("image/", "audio/", "video/"))
    ]
    found = [*map(alternative_text, given), *others, *given]
    return next(filter(None, map(str.strip, found)), "")


def _time(entry: Any) -> str | None:
    """The date in UTC; as written if it cannot be read, for the stream to say so."""
    written = None
    given: dict[str, Any] = dict(entry)  # an entry itself gives one date for another that is missing
    for name in ("published", "created", "updated"):
        try:
            if parsed := given.get(f"{name}_parsed"):
                return rfc3339(datetime.fromtimestamp(timegm(parsed), UTC))
        except (ValueError, OverflowError, OSError):
            pass
        if found := given.get(name):
            written = written or str(found)[:LONGEST_DATE]
    return written
