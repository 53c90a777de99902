"""Mail and the news formats of agencies as articles: .eml, NITF, NewsML-G2."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from email.utils import parseaddr
from typing import Any

from streams.records.article import Article, BadArticleError
from streams.sources.rss.plain_text import plain_text
from streams.sources.rss.sites import site_of

#: Elements of a NITF document or a NewsML-G2 item.
_ROOTS = ("nitf", "newsItem")
_ID_OF_NITF = ("doc-id", "id-string")


def mail_article(content: bytes) -> Article:
    """The article in a mail: its subject and its text.

    Raises:
        BadArticleError: it has no text.
    """
    try:
        message = BytesParser(policy=policy.default).parsebytes(content)
        body = message.get_body(("plain", "html"))
        text = "" if body is None else str(body.get_content())
        if body is not None and body.get_content_subtype() == "html":
            text = plain_text(text)
        subject, date, sender, id_ = (str(message[name] or "") for name in ("Subject", "Date", "From", "Message-ID"))
    except Exception as error:  # noqa: BLE001 - some mails raise errors of any kind in Python's parser
        raise BadArticleError("undecodable", f"the mail cannot be read: {type(error).__qualname__}") from None
    if not (text or subject).strip():
        raise BadArticleError("no_text", "the mail has neither a text nor a subject")
    host = parseaddr(sender)[1].rpartition("@")[2].lower()
    return Article(
        id=id_.strip(" <>") or None,
        title=subject or None,
        text=text if text.strip() else subject,
        source=site_of(host) if host else None,
        published_at=date or None,
    )


def agency_articles(content: bytes) -> Iterator[tuple[int, Article | BadArticleError]]:
    """The articles in a NITF document, or in the items of a NewsML-G2 document or message, by number.

    Raises:
        BadArticleError: it is no XML.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.LxmlError, ValueError) as error:
        raise BadArticleError("undecodable", f"the document is no XML: {str(error)[:200]}") from None
    items = [] if root is None else [one for one in root.iter() if _name(one) in _ROOTS and not _inside(one)]
    for number, item in enumerate(items, 1):
        yield number, _nitf(item) if _name(item) == "nitf" else _news_item(item)


def _nitf(item: Any) -> Article | BadArticleError:
    paragraphs = _paragraphs(_first(item, "body.content"))
    publication = _first(item, "pubdata")
    title = _said(_first(item, "hl1")) or _said(_first(item, "title"))
    id_ = _first(item, _ID_OF_NITF[0])
    issued = _first(item, "date.issue")
    return _article(
        title,
        paragraphs,
        id_=None if id_ is None else id_.get(_ID_OF_NITF[1]),
        source=None if publication is None else publication.get("name"),
        published_at=issued.get("norm") if issued is not None else _given(publication, "date.publication"),
    )


def _news_item(item: Any) -> Article | BadArticleError:
    content = _first(item, "contentSet")
    text = _paragraphs(content) or plain_text(_said(_first(item, "inlineData")) or "")
    provider = _first(item, "provider")
    language = item.get("{http://www.w3.org/XML/1998/namespace}lang")
    return _article(
        _said(_first(item, "headline")),
        text,
        id_=item.get("guid"),
        source=_said(_first(provider, "name")) or _given(provider, "literal") or _given(provider, "qcode"),
        published_at=_said(_first(item, "contentCreated")) or _said(_first(item, "versionCreated")),
        language=language,
    )


def _article(
    title: str | None,
    text: str,
    *,
    id_: str | None,
    source: str | None,
    published_at: str | None,
    language: str | None = None,
) -> Article | BadArticleError:
    text = text or title or ""
    if not text.strip():
        return BadArticleError("no_text", "the item has neither a text nor a headline")
    return Article(id=id_, title=title, text=text, source=source, published_at=published_at, language=language)


def _paragraphs(node: Any) -> str:
    return (
        "" if node is None else "\n\n".join(text for one in node.iter() if _name(one) == "p" and (text := _said(one)))
    )


def _said(node: Any) -> str | None:
    return " ".join("".join(node.itertext()).split()) or None if node is not None else None


def _given(node: Any, attribute: str) -> str | None:
    return None if node is None else node.get(attribute)


def _first(node: Any, name: str) -> Any:
    return None if node is None else next((one for one in node.iter() if _name(one) == name), None)


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def _inside(node: Any) -> bool:
    """Whether it lies in another item: NewsML-G2 may hold NITF."""
    return any(_name(one) in _ROOTS for one in node.iterancestors())
