"""JSON Feed (1.0 and 1.1): https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

import json
from typing import Any

from streams.records.article import Article
from streams.sources.rss.identity import item_id
from streams.sources.rss.plain_text import alternative_text, plain_text

VERSION = "jsonfeed.org/version"


def json_feed(content: bytes) -> dict[str, Any] | None:
    """The document, if it is a JSON Feed."""
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        found = json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or VERSION not in str(found.get("version")):
        return None
    return found if isinstance(found.get("items"), list) else None


def title_and_text(item: dict[str, Any]) -> tuple[str, str]:
    """The title of an item, and its longest text."""
    html, text, summary = (_words(item.get(name)) for name in ("content_html", "content_text", "summary"))
    title = plain_text(_words(item.get("title")))
    found = max((plain_text(html), text.strip(), summary.strip()), key=len)
    return title, found or title or alternative_text(html)


def json_article(item: dict[str, Any], *, feed: str, link: str | None, source: str, language: str | None) -> Article:
    """An item as an article."""
    title, text = title_and_text(item)
    guid = _words(item.get("id"))
    return Article(
        id=item_id(feed, guid or None, link),
        title=title or None,
        text=text,
        url=link,
        source=source or None,
        language=language,
        published_at=_words(item.get("date_published") or item.get("date_modified"))[:100] or None,
    )


def _words(value: object) -> str:
    """A text, or a number as one, without halves of characters; nothing else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
