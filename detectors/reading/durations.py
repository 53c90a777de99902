"""Durations as rules write them: ``90s``, ``15m``, ``6h``, ``1d12h``, ``2w``; a day is 24 hours."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
PATTERN = r"^(?:\d{1,9}w)?(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?$"
LONGEST = timedelta(days=366 * 100)
_WHOLE = re.compile(PATTERN)
_PART = re.compile(r"(\d+)([wdhms])")


def parse_duration(text: str) -> timedelta:
    """Parse a duration: units from long to short, each at most once.

    Raises ValueError if it is not a duration, or is longer than a century.
    """
    if not text or not _WHOLE.match(text):
        raise ValueError("expected a duration such as 90s, 15m, 6h, 1d12h or 2w")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if seconds > LONGEST.total_seconds():
        raise ValueError("expected a duration of at most a hundred years")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """The duration in rule syntax; weeks become days, fractions of a second are dropped."""
    rest = int(duration.total_seconds())
    parts = []
    for unit in "dhms":
        number, rest = divmod(rest, _UNITS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
