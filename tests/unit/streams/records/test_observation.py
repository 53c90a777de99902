"""Decoding records of the topic `observations` by their headers and value."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from detectors.model.observation import Observation
from detectors.timeline.watermark import ProgressReport
from streams.records.cloudevents import Headers, headers
from streams.records.observation import (
    Observed,
    Origin,
    decode,
    encode_observation,
    observation_headers,
    reporter,
    times_of,
)
from streams.settings import Settings
from streams.worker.agents.messages import report_messages

TIME = datetime(2025, 3, 1, tzinfo=UTC)
ORIGIN = Origin(partition=2, offset=17, arrival=TIME, log="5e2d")
OBSERVATION = Observation(
    rule="floods", state="floods-1", rule_set_version="v", group={}, time=TIME, article_id="a", content_hash="c"
)
REPORT = headers("progress", "worker-1", time=TIME)


@pytest.mark.parametrize("origin", [ORIGIN, None, msgspec.structs.replace(ORIGIN, log="")])
def test_an_observation_is_decoded_with_its_origin(origin: Origin | None) -> None:
    found = decode(encode_observation(OBSERVATION), observation_headers(OBSERVATION, origin))
    assert found == Observed(OBSERVATION, origin)


def test_a_progress_report_is_decoded() -> None:
    report = ProgressReport(log="5e2d", done={0: 3}, newest={0: TIME}, horizon=TIME, ends={0: 4})
    assert decode(msgspec.json.encode(report), REPORT) == report


@pytest.mark.parametrize("name", ["newswatch_partition", "newswatch_offset", "newswatch_arrival"])
@pytest.mark.parametrize("value", [None, b"", b"-1", b"x", b"\xff"])
def test_an_incomplete_origin_is_none(name: str, value: bytes | None) -> None:
    others = [header for header in observation_headers(OBSERVATION, ORIGIN) if header[0] != name]
    found = decode(encode_observation(OBSERVATION), others + ([(name, value)] if value is not None else []))
    assert found == Observed(OBSERVATION, None)


@pytest.mark.parametrize("record_headers", [REPORT, observation_headers(OBSERVATION, ORIGIN), []])
@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b'{"done": 1}', b'{"log": "\xff", "rule": "\xff"}'])
def test_any_other_record_is_an_error(record_headers: Headers, value: bytes | None) -> None:
    """Invalid UTF-8 too: msgspec raises another error for it, which would stop the worker at each start."""
    with pytest.raises(msgspec.MsgspecError):
        decode(value, record_headers)


@pytest.mark.parametrize("app_id", ["newswatch", "news-watch-2", "-", ""])
def test_a_report_names_the_app_that_sent_it(app_id: str) -> None:
    sent = next(report_messages(Settings.model_construct(app_id=app_id or "x", topic_prefix=""), ProgressReport(), 1))
    assert reporter(sent.headers) == (app_id or "x")


def test_a_report_may_name_no_app() -> None:
    assert reporter([]) == reporter([("ce_id", b"0")]) == ""


def test_the_times_of_a_record_are_those_that_count() -> None:
    hours = [TIME + timedelta(hours=hour) for hour in range(4)]
    report = ProgressReport(newest={0: hours[0]}, horizon=hours[1], judged={1: {2: hours[2]}}, pulses=(hours[3],))
    assert sorted(times_of(report)) == hours
    assert list(times_of(Observed(OBSERVATION, None))) == [TIME]
