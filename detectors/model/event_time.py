"""Event time: an article's publication date if it is plausible, else its arrival."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

INSTANT = timedelta(microseconds=1)
"""The smallest step of event time: the resolution of ``datetime``."""
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
"""Earlier than every event time and watermark, and late enough to subtract any duration without leaving year 1."""
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Times before this are errors of a clock or of a format, and never taken for an article's."""
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""So are times from this on: far enough from the last year of ``datetime`` for every duration to be added."""
AHEAD = timedelta(minutes=10)
"""How far a time may lie beyond the broker's, and still count: clocks differ. One from further ahead is an error."""
_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?([Zz]|[+-]\d{2}:\d{2}))?"
)


def rfc3339(time: datetime, timespec: str = "auto") -> str:
    """A time in RFC 3339, UTC as ``Z``; ``timespec`` as of `datetime.isoformat`."""
    return time.isoformat(timespec=timespec).replace("+00:00", "Z")


def parse_time(text: str) -> datetime | None:
    """Parse an RFC 3339 text to a UTC time; a bare date means its midnight; None if it is unreadable."""
    match = _RFC3339.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), tzinfo=UTC)
        if hour is None:
            return moment
        micros = int(((fraction or "") + "000000")[:6])
        leap = second == "60"  # RFC 3339 allows leap seconds, which datetime does not have
        moment = moment.replace(
            hour=int(hour), minute=int(minute), second=59 if leap else int(second), microsecond=micros
        )
        if leap:
            moment += timedelta(seconds=1)
        if zone in "Zz":
            return moment
        sign = 1 if zone[0] == "+" else -1
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 23 or minutes > 59:
            return None
        return moment - sign * timedelta(hours=hours, minutes=minutes)
    except (ValueError, OverflowError):
        return None


def published_time(published_at: str | None) -> datetime | None:
    """The UTC time of a `published_at` in any spelling that `read_date` knows, else None."""
    if not published_at:
        return None
    time = parse_time(published_at)
    if time is not None:
        return time
    from detectors.model.dates import read_date

    return read_date(published_at)


def is_unusable(published_at: str | None) -> bool:
    """Whether a `published_at` is given and cannot be read, or lies before 1990: windows then use the arrival."""
    if not published_at or published_at.isspace():
        return False
    time = published_time(published_at)
    return time is None or time < OLDEST


def is_plausible(moment: datetime) -> bool:
    """Whether a moment may be an article's arrival: everything later computes with it."""
    return OLDEST <= moment < LATEST


def event_time(published_at: str | None, received_at: datetime, appended: datetime | None = None) -> datetime:
    """The time that windows use: ``published_at``, or ``received_at`` if that is missing, unreadable, before 1990 or
    more than ten minutes after arrival.

    Args:
        appended: when the article was appended to its log, if that is known: no time is used that is later by more
            than ten minutes.
    """
    received = received_at.astimezone(UTC) if received_at.tzinfo else received_at.replace(tzinfo=UTC)
    published = published_time(published_at)
    latest = received if appended is None else min(received, appended)
    if published is None or published < OLDEST or published > latest + AHEAD:
        return received
    return published
