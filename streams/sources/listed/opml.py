"""Lists of feeds in OPML, as feed readers export them."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from detectors.user_error import UserError


class OpmlError(UserError):
    """A document that is no OPML; the message says where."""


def outlines(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield title and address of each feed, those in folders, too.

    Raises:
        OpmlError: the document is not XML, or not OPML.
    """
    if b"<!ENTITY" in content:  # none is needed, and some are bombs
        raise OpmlError("expected OPML without entities of its own")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without entities, time and memory are linear
    except (ElementTree.ParseError, ValueError) as error:
        raise OpmlError(f"expected OPML: not XML: {error}") from None
    if root.tag.lower() != "opml":
        raise OpmlError(f"expected OPML, found the element {root.tag[:60]!r}")
    for outline in root.iter("outline"):
        given = {name.lower(): value for name, value in outline.attrib.items()}
        if url := given.get("xmlurl", "").strip():
            yield given.get("title") or given.get("text") or url, url
