"""Articles from objects with other names of fields: what news services, crawlers, databases and data sets export."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from detectors.model.article import MetaValue
from streams.records.article import Article

#: The names under which exports have each field, without signs and in lower case, the best first.
NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        *("text", "maintext", "fulltext", "plaintext", "articletext", "articlebody", "bodytext", "body", "content"),
        *("contents", "article", "story", "description", "desc", "summary", "abstract", "snippet", "excerpt"),
    ),
    "title": ("title", "headline", "webtitle", "heading", "articletitle", "name"),
    "url": ("url", "link", "weburl", "articleurl", "permalink", "sourceurl", "documentidentifier", "href", "uri"),
    "id": ("id", "articleid", "storyid", "storiesid", "uuid", "guid", "uri", "gkgrecordid", "globaleventid"),
    "source": (
        *("source", "sourcename", "outlet", "publication", "publisher", "medianame", "newspaper", "sitename", "site"),
        *("sourcecommonname", "sourcedomain", "domain"),
    ),
    "language": ("language", "lang", "languagecode", "langcode", "sourcelang", "sourcelanguage"),
    "published_at": (
        *("publishedat", "published", "datepublished", "datepublish", "publisheddate", "publishdate", "pubdate"),
        *("publicationdate", "publishtime", "publishedtime", "webpublicationdate", "datetimepub", "datetime", "date"),
        *("timestamp", "seendate", "dateadded", "createdat", "created", "time"),
    ),
}
_SIGNS = re.compile(r"[^a-z0-9]")
#: Objects in which databases and services wrap an article, and names inside an object that stand for it.
_WRAPPERS = ("_source", "article")
_INNER = ("name", "title", "main", "$oid", "$date", "$numberLong", "id", "uri", "value", "#text")
_SURROGATES = re.compile("[\ud800-\udfff]+")
_CUT = re.compile(r"\s*(?:…|\.\.\.)?\s*\[\+\d+ chars\]\s*\Z")


def field_named(name: str) -> str:
    """A name without signs and in lower case: `publishedat` for `published_at` and `publishedAt`."""
    return _SIGNS.sub("", name.lower())


def article_of(given: Mapping[str, Any], columns: Mapping[str, str] | None = None) -> Article | None:
    """The article in an object, None if it has neither a text nor a title. A title without text is the text.

    Args:
        columns: the names of fields that are not known, by the article's field.
    """
    for wrapper in _WRAPPERS:
        if isinstance(inner := given.get(wrapper), Mapping):
            given = {**inner, **{name: value for name, value in given.items() if name not in (*inner, wrapper)}}
    by_name: dict[str, Any] = {}
    for name, value in given.items():
        if value not in (None, "", [], {}):
            by_name.setdefault(field_named(str(name)), value)
    found: dict[str, str | None] = {}
    for field, names in NAMES.items():
        if columns and field in columns:
            found[field] = _string(given.get(columns[field]))
            continue
        given_as = (by_name.get(name) for name in names)
        values = (
            value
            for one in given_as
            if not (field == "text" and isinstance(one, int | float)) and (value := _string(one))
        )
        found[field] = next(values, None)
    if found["url"] and not found["url"].startswith(("http://", "https://")):
        found["url"] = None
    text = _CUT.sub("", found["text"] or "") or found["title"]
    if text is None or text.isspace():
        return None
    received_at = _string(given.get("received_at"))
    meta = dict(_meta(given.get("meta")))
    others = {name: value for name, value in found.items() if name != "text"}
    return Article(text=text, **others, received_at=received_at, meta=meta or None)


def _string(value: object) -> str | None:
    """A value as a string: paragraphs are joined, an object gives its name, a number is written out."""
    if isinstance(value, str):
        return _SURROGATES.sub("", value) if not value.isascii() else value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, list):
        return "\n\n".join(part for one in value if (part := _string(one))) or None
    if isinstance(value, Mapping):
        return next((part for name in _INNER if (part := _string(value.get(name)))), None)
    return None


def _meta(given: object) -> Iterator[tuple[str, MetaValue]]:
    """What ``meta`` can hold; lists become words with commas, and null is left out."""
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if isinstance(value, str | int | float):
            yield str(name), value
        elif isinstance(value, list) and (words := [word for one in value if (word := _string(one))]):
            yield str(name), ", ".join(words)


def articles_in(found: object, depth: int = 0) -> list[Any] | None:
    """The list in the answer of a service (`articles`, `data`, `articles.results`, `hits.hits`), or None."""
    if isinstance(found, list):
        return found
    if isinstance(found, Mapping) and depth < 3:
        for name in ("articles", "results", "data", "hits", "items", "news", "stories", "response", "docs", "value"):
            if (inner := articles_in(found.get(name), depth + 1)) is not None:
                return inner
    return None
