"""The identity of a feed's items: of their feed and guid, else of their address."""

from __future__ import annotations

import hashlib

from streams.sources.rss.sites import canonical


def item_id(feed: str, guid: str | None, link: str | None) -> str | None:
    """The id of an article: a guid is unique in its own feed only, and a feed may write what it likes.

    Args:
        feed: the feed's address.
        guid: as the feed gives it; None: it gives none.
        link: the article's address.

    Returns:
        An id that stays when the text changes; None if the item has neither guid nor link.
    """
    if guid and not guid.isspace():
        return f"feed-{_digest(canonical(feed), guid.strip())}"
    return f"link-{_digest(canonical(link))}" if link else None


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
