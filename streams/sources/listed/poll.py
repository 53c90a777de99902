"""One poll of a source: what it has to offer now, or why it has nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from streams.records.article import Article
from streams.sources.listed.robots import Robots
from streams.sources.listed.source import SecretError, Source
from streams.sources.rss.feed_process import Job
from streams.sources.rss.fetch import Fetched, FetchError, fetch
from streams.sources.rss.readers import Readers

Outcome = Literal["read", "not_modified", "refused_by_robots", "failed", "no_feed"]


class Validators(msgspec.Struct, frozen=True):
    """What a server said of a document, to ask later whether it is still the same."""

    etag: str | None = None
    modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers of a conditional request."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in found.items() if value}


class Polled(msgspec.Struct, frozen=True):
    """What came of a poll. ``articles``: the oldest first. ``retry_after``: as the server wrote it."""

    outcome: Outcome
    articles: tuple[Article, ...] = ()
    left_out: tuple[str, ...] = ()
    validators: Validators = Validators()
    problem: str | None = None
    retry_after: str | None = None


def poll(
    source: Source,
    readers: Readers,
    *,
    private: bool = False,
    robots: Robots | None = None,
    validators: Validators | None = None,
) -> Polled:
    """Fetch and read a source. Whatever it does, this returns within twice its timeout.

    Args:
        private: whether private addresses are allowed, where the source does not say so.
        robots: the sites' rules; None: they do not apply.
        validators: of the last poll; if the server has nothing new, neither has the result.
    """
    seconds = source.timeout.total_seconds()
    allowed = private if source.private is None else source.private
    get = partial(fetch, private=allowed, most=source.most_bytes, seconds=seconds)
    try:
        headers = source.request_headers()
        asked = partial(get, headers={"User-Agent": source.user_agent})
        if robots is not None and source.robots and not robots.allow(source.shown, source.user_agent, asked):
            return Polled("refused_by_robots", problem="the site's robots.txt does not allow it")
        got = get(source.url, headers=headers | (validators.headers() if validators else {}))
    except FetchError as error:
        return Polled("failed", problem=str(error), retry_after=error.retry_after)
    except SecretError as error:
        return Polled("failed", problem=str(error))
    if not got.modified:
        return Polled("not_modified", validators=validators or Validators())
    return read_document(source, got, readers)


def read_document(source: Source, got: Fetched, readers: Readers) -> Polled:
    """Read what was fetched."""
    seconds = max(int(source.timeout.total_seconds()), 1)
    found = readers.read(Job(source.url, source.outlet, seconds=seconds, fetched=got))
    if found.problem is not None:
        return Polled("no_feed", problem=found.problem)
    return Polled(
        "read",
        tuple(_of_source(article, source) for article in found.articles),
        found.left_out,
        Validators(got.headers.get("etag"), got.headers.get("last-modified")),
    )


def read_file(path: Path, readers: Readers) -> Polled:
    """A document on disk, read as if it came from nowhere."""
    source = Source(name=str(path), url=path.resolve().as_uri())
    return read_document(source, Fetched(path.read_bytes(), source.url, {}), readers)


def _of_source(article: Article, source: Source) -> Article:
    changes: dict[str, object] = {}
    if source.language is not None:
        changes["language"] = source.language
    if source.home is not None:
        changes["meta"] = {**(article.meta or {}), "home": source.home}
    return msgspec.structs.replace(article, **changes) if changes else article
