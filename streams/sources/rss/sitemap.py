"""News sitemaps: the articles of the last two days, by title, date and outlet."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


def news_sitemap(content: bytes) -> list[dict[str, str]] | None:
    """The entries of a news sitemap, each with ``loc``, ``title``, ``date``, ``language``; None if it is none.

    An index of sitemaps, and a sitemap without news, has no titles to read.
    """
    head = content[:4096]
    if b"<urlset" not in head or b"<!ENTITY" in content:
        return None
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without entities, time and memory are linear
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    return [_entry(url) for url in root if url.tag.endswith("}url") or url.tag == "url"]


def _entry(url: Any) -> dict[str, str]:
    loc = next((child.text or "" for child in url if child.tag.rpartition("}")[2] == "loc"), "")
    names = {"title": "title", "publication_date": "date", "publication/" + NEWS + "language": "language"}
    found = {key: (url.findtext(f"{NEWS}news/{NEWS}{name}") or "").strip() for name, key in names.items()}
    return {"loc": loc.strip(), **found}
