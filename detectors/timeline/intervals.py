"""Aligned intervals of event time: multiples of a duration since 1970-01-01T00:00Z."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from detectors.model.event_time import INSTANT

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def interval_start(moment: datetime, length: timedelta) -> datetime:
    """The start of the interval that contains ``moment``; with a length of zero every moment is its own interval."""
    return moment - (moment - EPOCH) % (length or INSTANT)


def first_multiple(moment: datetime, length: timedelta) -> datetime:
    """The first multiple of ``length`` at or after ``moment``."""
    return moment + (EPOCH - moment) % length
