"""Dates: every text is a time or none, and a time in any of its spellings is itself."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.model.dates import read_date

TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)).map(lambda time: time.replace(microsecond=0))
OFFSETS = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
WRITTEN = st.text(alphabet="0123456789 :/.-+TZ,()[]apmAPMnovNOV年月日\u0661\ud83d", max_size=40)


@given(st.text(max_size=120) | WRITTEN)
@settings(max_examples=200, deadline=None)
def test_every_text_is_a_time_in_utc_or_none(written: str) -> None:
    time = read_date(written)
    assert time is None or time.tzinfo is UTC


@given(TIMES, OFFSETS)
@settings(max_examples=100, deadline=None)
def test_a_time_is_itself_in_every_spelling(time: datetime, zone: timezone) -> None:
    there = time.replace(tzinfo=zone)
    for written in (
        format_datetime(there),
        there.isoformat(" "),
        there.strftime("%Y%m%dT%H%M%S%z"),
        there.strftime("%a %b %d %Y %H:%M:%S GMT%z"),
        there.strftime("%d.%m.%Y %H:%M:%S %z"),
        there.strftime("%m/%d/%Y %I:%M:%S %p %z"),
    ):
        assert read_date(written) == there, written
