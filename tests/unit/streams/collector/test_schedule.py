from datetime import UTC, datetime, timedelta

import pytest

from streams.collector.schedule import pause
from streams.sources.listed.source import Source

NOW = datetime(2025, 11, 3, 9, tzinfo=UTC)
SOURCE = Source(name="a", url="http://a/", interval=timedelta(minutes=10))


@pytest.mark.parametrize(
    ("failures", "retry_after", "seconds"),
    [
        (0, None, 600),
        (1, None, 600),
        (3, None, 2400),
        (99, None, 6 * 3600),
        (1, "3600", 3600),
        (1, "1", 600),
        (1, "Mon, 03 Nov 2025 11:00:00 GMT", 7200),
        (1, "Mon, 03 Nov 2025 08:00:00 GMT", 600),
        (1, "9" * 9, 24 * 3600),
        (1, "soon", 600),
    ],
)
def test_pauses(failures: int, retry_after: str | None, seconds: float) -> None:
    assert pause(SOURCE, failures, retry_after, 0.0, NOW) == seconds


def test_jitter_spreads_sources() -> None:
    assert pause(SOURCE, 0, None, 1.0, NOW) == 660
    assert pause(Source(name="a", url="http://a/", jitter=timedelta()), 0, None, 1.0, NOW) == 900
