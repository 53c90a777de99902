"""The day of an article: its publication date, else the date in its address or first lines."""

from __future__ import annotations

import re
from datetime import date

from detectors.model.event_time import published_time
from detectors.visible import visible

_READ = 600  # characters searched for the article's own date
_RFC3339 = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-]([01]?\d)(?:[/-]([0-3]?\d))?[/-]")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "|".join(_MONTHS)
_WRITTEN = re.compile(
    rf"\b(?:({_MONTH})[a-z]*\.? ([0-3]?\d),? ((?:19|20)\d\d)|([0-3]?\d) ({_MONTH})[a-z]*\.? ((?:19|20)\d\d))\b",
    re.IGNORECASE,
)


def article_day(published_at: str | None, text: str) -> str:
    """The day as ``YYYY-MM-DD`` (UTC as written), or "" if neither the record nor the first lines give it."""
    if published_at and (found := _RFC3339.match(published_at.strip())) and (day := _day(*found.groups())):
        return day
    if (time := published_time(published_at)) is not None:
        return time.isoformat()[: len("2025-03-10")]
    sample = visible(text[:_READ])
    if found := _ADDRESS.search(sample):
        return _day(found[1], found[2], found[3] or "1")
    if found := _WRITTEN.search(sample):
        month, year, day = (found[1], found[3], found[2]) if found[1] else (found[5], found[6], found[4])
        return _day(year, str(_MONTHS.index(month.lower()) + 1), day)
    return ""


def _day(year: str, month: str, day: str) -> str:
    """The day, or "" if there is no such day."""
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
