"""Documents of one kind: pages, mails, agency items and archives, told apart by name and beginning."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Literal

from streams.records.article import Article, BadArticleError

Kind = Literal["warc", "mail", "agency", "feed", "page"]
#: How much of a document tells its kind (bytes).
SNIFFED = 4096
_PAGES = (".html", ".htm", ".xhtml")
_MAILS = (".eml", ".mht", ".mhtml")
_AGENCY = re.compile(rb"<(?:\w+:)?(?:nitf|newsItem|newsMessage)\b")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF|opml)\b", re.IGNORECASE)
_PAGE = re.compile(rb"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)


def kind_of(suffix: str, head: bytes) -> Kind | None:
    """What a document is, by the suffix of its name and its beginning; None if it is none of these."""
    if head.startswith(b"WARC/"):
        return "warc"
    if suffix in _MAILS:
        return "mail"
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if suffix not in _PAGES and not begin.startswith(b"<"):
        return None
    if _AGENCY.search(begin) is not None:
        return "agency"
    if _FEED.search(begin) is not None and suffix not in _PAGES:
        return "feed"
    return "page" if suffix in _PAGES or _PAGE.search(begin) is not None else None


def documents(
    kind: Kind, name: str, stream: io.BufferedReader, id_: str
) -> Iterator[tuple[int, Article | BadArticleError]]:
    """The articles in a document, by number.

    Args:
        id_: the id of a page that does not say its address.
    """
    from streams.sources.messages import agency_articles, mail_article
    from streams.sources.pages import MAX_PAGE_BYTES, archived_pages, page_article

    try:
        if kind == "warc":
            yield from archived_pages(stream, name)
            return
        content = stream.read(MAX_PAGE_BYTES + 1)
        if kind == "feed":
            yield (
                1,
                BadArticleError("wrong_type", "is a feed; expected articles (feeds are read with ingest --rss URL)"),
            )
        elif len(content) > MAX_PAGE_BYTES:
            yield 1, BadArticleError("too_large", f"larger than {MAX_PAGE_BYTES // 2**20} MB; expected one article")
        elif kind == "mail":
            yield 1, mail_article(content)
        elif kind == "agency":
            yield from agency_articles(content)
        else:
            yield 1, page_article(content, name, id_=id_)
    except BadArticleError as error:
        yield 1, error
