"""What a source has brought so far: pure, and the value of a record on the topic of positions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from streams.records.article import Article
from streams.sources.listed.poll import Validators

#: How long an item is remembered that the source no longer shows; and how many such items at most.
KEPT = timedelta(days=30)
MOST_ITEMS = 5_000
#: How many versions of an item are remembered: some feeds give one guid to all their items.
MOST_VERSIONS = 64

Change = Literal["new", "changed"]


class Item(msgspec.Struct, frozen=True, array_like=True):
    """An item that was sent: hashes of its versions, when it was first seen, and when it was last seen (RFC 3339)."""

    versions: tuple[str, ...]
    first: str
    last: str


class Pending(msgspec.Struct, frozen=True):
    """Records that are about to be sent, and where the partitions of ``articles`` ended before."""

    ends: dict[int, int]
    records: tuple[msgspec.Raw, ...]


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was sent of a source, and what its server said of the document that it was in."""

    items: dict[str, Item] = {}
    validators: Validators = Validators()
    pending: Pending | None = None


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Position)


def encode(position: Position) -> bytes:
    """A position as the record's value."""
    return _ENCODER.encode(position)


def decode(value: bytes) -> Position:
    """The position in a record. Raises msgspec.MsgspecError."""
    return _DECODER.decode(value)


def news(position: Position, articles: Iterable[Article], now: datetime) -> list[tuple[Change, Article]]:
    """The articles that were not sent yet, stamped with the time at which their item was first seen."""
    found: list[tuple[Change, Article]] = []
    first = {key: item.first for key, item in position.items.items()}
    known = {(key, version) for key, item in position.items.items() for version in item.versions}
    for article in articles:
        version = article.key, short_hash(article)
        if version in known:
            continue
        known.add(version)
        change: Change = "changed" if article.key in first else "new"
        seen = first.setdefault(article.key, written(now))
        found.append((change, msgspec.structs.replace(article, id=article.key, received_at=seen)))
    return found


def after(position: Position, sent: Iterable[Article]) -> Position:
    """The position once these articles are sent, with nothing pending."""
    items = dict(position.items)
    for article in sent:
        before = items.get(article.key)
        time = article.received_at or ""
        versions = before.versions if before else ()
        if (version := short_hash(article)) not in versions:
            versions = (*versions, version)[-MOST_VERSIONS:]
        items[article.key] = Item(versions, before.first if before else time, time)
    return Position(items, position.validators)


def forgetting(position: Position, shown: Sequence[Article], now: datetime) -> Position:
    """The position without items that the source has not shown for long."""
    visible = {article.key for article in shown}
    items = {
        key: msgspec.structs.replace(item, last=written(now)) if key in visible else item
        for key, item in position.items.items()
    }
    oldest = written(now - KEPT)
    gone = sorted((key for key in items if key not in visible), key=lambda key: items[key].last)
    surplus = max(len(items) - MOST_ITEMS, 0)
    for key in gone[:surplus] + [key for key in gone[surplus:] if items[key].last < oldest]:
        del items[key]
    return msgspec.structs.replace(position, items=items)


def short_hash(article: Article) -> str:
    """A hash of an article's version."""
    return article.content_hash[:12]


def written(time: datetime) -> str:
    """A time in RFC 3339, to the second, so that times sort as texts."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
