"""Web pages as articles, by trafilatura, alone or in WARC archives of crawlers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from detectors.model.dates import read_date
from streams.records.article import Article, BadArticleError
from streams.sources.encodings import decoded
from streams.sources.rss.sites import host_of, site_of

#: A larger page is no article (bytes).
MAX_PAGE_BYTES = 8 * 2**20
#: How much of a page is searched for its encoding and its date.
_HEAD = 256 * 1024
_CHARSET = re.compile(rb"""<meta[^<>]{0,200}?charset\s*=\s*["']?([\w:.-]{2,40})""", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"""(?:property|name|itemprop)=["'](?:article:published_time|datePublished|date|dc\.date|pubdate)["'][^<>]{0,200}?"""
    r"""content=["']([^"'<>]{4,100})|"datePublished"\s*:\s*"([^"<>]{4,100})""",
    re.IGNORECASE,
)


def page_article(content: bytes, name: str, *, url: str | None = None, id_: str | None = None) -> Article:
    """The article in a page.

    Args:
        name: the file's, for messages.
        url: where the page was fetched; else what it says of itself.
        id_: the id of a page that does not say its address.

    Raises:
        BadArticleError: the page has no text that could be an article, or is too large.
    """
    if len(content) > MAX_PAGE_BYTES:
        raise BadArticleError("too_large", f"the page is larger than {MAX_PAGE_BYTES // 2**20} MB")
    text = _decoded(content, name)
    if text is None:
        raise BadArticleError("not_utf8", "expected a page in UTF-8 or an encoding that can be detected")
    from trafilatura import bare_extraction

    try:
        found = bare_extraction(text, url=url, with_metadata=True, include_comments=False)
    except Exception as error:  # noqa: BLE001 - some pages raise errors of any kind in its libraries
        raise BadArticleError("undecodable", f"the page cannot be read: {type(error).__qualname__}") from None
    body = getattr(found, "text", None)
    if not body or body.isspace():
        raise BadArticleError("no_text", "the page has no text that could be an article")
    title = getattr(found, "title", None)
    address = url or _web(getattr(found, "url", None))
    site = site_of(host_of(address)) if address else getattr(found, "sitename", None)
    return Article(
        id=None if address else id_,
        title=title,
        text=body.removeprefix(f"{title}\n"),
        url=address,
        source=site or None,
        language=getattr(found, "language", None),
        published_at=_published(text) or getattr(found, "date", None),
    )


def archived_pages(stream: io.BufferedReader, name: str) -> Iterator[tuple[int, Article | BadArticleError]]:
    """The pages in a WARC archive, by the number of their record; other responses are passed over.

    Raises:
        BadArticleError: the archive is damaged.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    pages = 0
    try:
        for number, record in enumerate(ArchiveIterator(stream), 1):
            headers = record.http_headers
            if record.rec_type != "response" or headers is None or headers.get_statuscode() != "200":
                continue
            if "html" not in (headers.get_header("Content-Type") or "").lower():
                continue
            pages += 1
            try:
                page = record.content_stream().read(MAX_PAGE_BYTES + 1)
                yield number, page_article(page, name, url=_web(record.rec_headers.get_header("WARC-Target-URI")))
            except BadArticleError as error:
                yield number, error
    except (ArchiveLoadFailed, ValueError, EOFError) as error:
        raise BadArticleError(
            "undecodable", f"the archive cannot be read on: {str(error).splitlines()[0][:200]}"
        ) from None
    if not pages:
        raise BadArticleError("no_text", "the archive holds no page")


def _decoded(content: bytes, name: str) -> str | None:
    """The page as text: in the encoding that it names, unless that is wrong."""
    named = _CHARSET.search(content[:_HEAD])
    if named is not None and not content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return content.decode(named[1].decode("ascii"))
        except (UnicodeError, LookupError):
            pass
    return decoded(content, name)


def _published(page: str) -> str | None:
    """The time of publication that a page gives to machines; trafilatura gives the day alone."""
    for found in _PUBLISHED.finditer(page[:_HEAD]):
        if read_date(written := found[1] or found[2]) is not None:
            return written
    return None


def _web(address: str | None) -> str | None:
    return address if address and address.startswith(("http://", "https://")) else None
