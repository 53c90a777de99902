"""When a source is polled next; pure: the time and chance are arguments."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from streams.sources.listed.source import Source

#: A source that fails is polled at longer and longer intervals, at most this one (seconds).
LONGEST_SECONDS = 6 * 3600.0
#: The longest `Retry-After` that is obeyed (seconds).
LONGEST_RETRY_SECONDS = 24 * 3600.0
#: Jitter where the source does not say: a part of its interval.
JITTER = 0.1


def pause(source: Source, failures: int, retry_after: str | None, chance: float, now: datetime) -> float:
    """Seconds until the next poll.

    Args:
        failures: polls that failed one after the other, the last one included.
        retry_after: as the server wrote it: seconds, or a date.
        chance: from 0 to 1; spreads sources that began together.
    """
    interval = source.interval.total_seconds()
    jitter = source.jitter.total_seconds() if source.jitter is not None else interval * JITTER
    wait = interval + jitter * chance
    if failures:
        wait = max(wait, min(interval * 2.0 ** min(failures - 1, 20), LONGEST_SECONDS))
    return max(wait, min(_seconds(retry_after, now), LONGEST_RETRY_SECONDS))


def _seconds(retry_after: str | None, now: datetime) -> float:
    given = (retry_after or "").strip()
    if given.isdecimal() and len(given) < 10:
        return float(given)
    try:
        time = parsedate_to_datetime(given)
    except (ValueError, TypeError, IndexError):
        return 0.0
    return max((time.replace(tzinfo=time.tzinfo or UTC) - now).total_seconds(), 0.0)
