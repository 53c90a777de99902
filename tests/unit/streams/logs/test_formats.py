"""Log lines: UTC with zone, one line or one JSON object each, no traceback for what a user can fix."""

import json
import logging
import re
import sys

import aiokafka.errors
import kafka.errors
import pytest

from detectors.user_error import UserError
from streams.logs.formats import MAX_MESSAGE, JsonFormat, TextFormat

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    info = None
    if error is not None:
        try:
            raise error
        except BaseException:
            info = sys.exc_info()
    made = logging.LogRecord("streams.worker", logging.WARNING, __file__, 1, message, arguments, info)
    made.created = 1_740_000_000.25
    return made


@pytest.fixture(autouse=True)
def _level() -> object:
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.WARNING)
    yield
    root.setLevel(before)


def test_text_has_the_time_in_utc_with_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert TextFormat().format(record("read %d", 7)) == "2025-02-19T21:20:00.250Z WARNING streams.worker: read 7"


def test_json_is_one_object_a_line() -> None:
    line = JsonFormat().format(record("a\nb \x1b[2J\u2028\ud800"))
    assert "\n" not in line
    found = json.loads(line)
    assert TIME.fullmatch(found.pop("time"))
    assert found.pop("process") > 0
    assert found == {"level": "warning", "logger": "streams.worker", "message": "a\nb \x1b[2J\u2028\\ud800"}


def test_a_text_from_outside_cannot_look_like_a_line_of_its_own() -> None:
    line = TextFormat().format(record("%s", "no\n2025-01-01T00:00:00.000Z ERROR all is lost\x1b[2J\r\x85\u2028"))
    assert [part[:2] for part in line.split("\n")[1:]] == ["  "]
    assert not re.search(r"[\x1b\r\x85\u2028]", line)


@pytest.mark.parametrize("form", [TextFormat, JsonFormat])
@pytest.mark.parametrize(
    "error",
    [
        UserError("no such file"),
        kafka.errors.NodeNotReadyError("no such file"),
        aiokafka.errors.KafkaConnectionError("no such file"),
        ConnectionResetError("no such file"),
    ],
    ids=lambda error: type(error).__module__,
)
def test_an_error_with_a_remedy_has_no_traceback(form: type[logging.Formatter], error: Exception) -> None:
    line = form().format(record("cannot read", error=error))
    assert "no such file" in line
    assert type(error).__name__ in line
    assert "Traceback" not in line
    assert "\n" not in line


def test_a_defect_has_its_traceback() -> None:
    found = json.loads(JsonFormat().format(record("it broke", error=KeyError("x"))))
    assert found["message"] == "it broke"
    assert found["exception"].startswith("Traceback")
    text = TextFormat().format(record("it broke", error=KeyError("x")))
    assert text.count("\n  ") == text.count("\n") > 2


def test_at_level_debug_every_error_has_its_traceback() -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    assert "Traceback" in TextFormat().format(record("cannot read", error=UserError("no such file")))


def test_a_dump_is_cut() -> None:
    line = TextFormat().format(record("x" * 100_000))
    assert len(line) < MAX_MESSAGE + 200
    assert line.endswith(f"({100_000 - MAX_MESSAGE} more characters)")


def test_arguments_that_do_not_fit_are_shown() -> None:
    assert "offset %d" in TextFormat().format(record("offset %d", "x"))
