"""How article files are read, and what was met in them: counts of records, dates, and refusals by reason."""

from __future__ import annotations

import html
import json
import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal

import msgspec

from detectors.model.dates import read_date
from detectors.model.event_time import parse_time, rfc3339
from streams.records.article import Article, BadArticleError, decode_article
from streams.sources.field_names import article_of
from streams.sources.rss.plain_text import plain_text

DateFrom = Literal["none", "name", "mtime"]
#: How many unreadable dates are told one by one.
MOST_TOLD = 10
_DAY_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_/.]?(0[1-9]|1[0-2])[-_/.]?(0[1-9]|[12]\d|3[01])(?!\d)")
#: What only markup has: a closing tag or a line break, or an entity by name or number.
_MARKUP = re.compile(r"</(?:p|div|a|b|i|em|strong|span|li|ul|td|h[1-6])>|<br\s*/?>|<p[ >]", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:nbsp|amp|quot|apos|lt|gt|[lr][ds]quo|[mn]dash|hellip|#\d{2,6}|#x[0-9a-fA-F]{2,5});")

logger = logging.getLogger(__name__)


@dataclass
class Reading:
    """How files are read, and counts of what was met so far.

    Attributes:
        columns: names of columns or fields, by the article's field.
        zone: where the clock stands of dates without a zone.
        date_from: what gives a date to an article without one.
        since: articles dated before are left out.
        until: articles dated at or after this time are left out.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    date_from: DateFrom = "none"
    since: datetime | None = None
    until: datetime | None = None
    read: int = 0
    left_out: int = 0
    undated: int = 0
    unreadable_dates: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def article(self, value: bytes) -> tuple[Article, bool]:
        """The article in one JSON value, by the names of its fields, and whether the value is that article already.

        Raises:
            BadArticleError: it is none.
        """
        try:
            article = decode_article(value)
        except BadArticleError as error:
            mended = self._mended(value)
            if mended is None:
                raise error from None
            return decode_article(msgspec.json.encode(mended)), False
        if article.published_at and article.title and article.url and not self.columns:
            return article, True
        other = self._mended(value)
        if other is None:
            return article, True
        missing = {name: getattr(other, name) for name in _OPTIONAL if getattr(article, name) is None}
        missing = {name: value for name, value in missing.items() if value is not None}
        return (msgspec.structs.replace(article, id=article.key, **missing), False) if missing else (article, True)

    def finished(self, article: Article, place: str, *, name: str = "", changed: float = 0.0) -> Article | None:
        """The article as it is sent: dates in RFC 3339, text without markup; None if it lies outside of the times.

        Args:
            place: file and line, for messages.
            name: the file's name, which may hold a date; ``changed``: when it was changed, in seconds since 1970.
        """
        changes: dict[str, str | None] = {}
        written = (article.published_at or "").strip()
        if not written and (written := self._date_of_file(name, changed)):
            changes["published_at"] = written
        time = read_date(written, self.zone) if written else None
        if time is not None and (parse_time(written) is None or parse_time(written) != time):
            changes["published_at"] = rfc3339(time)
        if written and time is None:
            self._tell_unreadable(place, written)
        self.undated += time is None
        if time is not None and ((self.since and time < self.since) or (self.until and time >= self.until)):
            self.left_out += 1
            return None
        for part in ("title", "text"):
            before = getattr(article, part)
            after = without_markup(before) if before else before
            if after != before and after:
                changes[part] = after
        return msgspec.structs.replace(article, id=article.key, **changes) if changes else article

    def _mended(self, value: bytes) -> Article | None:
        try:
            given = json.loads(value)
        except (ValueError, RecursionError):
            return None
        return article_of(given, self.columns) if isinstance(given, dict) else None

    def _date_of_file(self, name: str, changed: float) -> str:
        if self.date_from == "mtime" and changed:
            return rfc3339(datetime.fromtimestamp(changed, UTC), "seconds")
        days = _DAY_IN_NAME.findall(name) if self.date_from == "name" else []
        return "-".join(days[-1]) if days else ""  # the last one is nearest to the article

    def _tell_unreadable(self, place: str, written: str) -> None:
        self.unreadable_dates += 1
        if self.unreadable_dates <= MOST_TOLD:
            logger.warning("%s: cannot read the date %r: the article takes its arrival's time", place, written[:60])


_OPTIONAL = ("title", "url", "source", "language", "published_at")


def without_markup(text: str) -> str:
    """The text without HTML's tags and entities, if it has any; else unchanged."""
    if _MARKUP.search(text) is not None:
        return plain_text(text)
    return html.unescape(text).replace("\xa0", " ") if _ENTITY.search(text) is not None else text
