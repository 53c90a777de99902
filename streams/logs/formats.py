"""The two formats of log lines: text for people, JSON for programs; both in UTC."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime

import msgspec

from detectors.user_error import UserError
from streams.logs.escaping import escaped, escaped_json

#: A longer message is cut (characters): libraries log whole requests and answers.
MAX_MESSAGE = 8000


class TextFormat(logging.Formatter):
    """``2025-03-01T12:00:00.123Z WARNING streams.worker.worker: message``.

    Further lines of a message are indented, so that no text from outside can look like a log line.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, with a traceback below it if nobody can fix the error."""
        said, trace = explained(record)
        text = f"{_time(record)} {record.levelname} {record.name}: {said}"
        return escaped("\n  ".join((f"{text}\n{trace}" if trace else text).rstrip("\n").split("\n")))


class JsonFormat(logging.Formatter):
    """One JSON object a line: ``time`` (RFC 3339, UTC), ``level``, ``logger``, ``process``, ``message``, and the
    traceback as ``exception`` if there is one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        said, trace = explained(record)
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": _encodable(said),
        }
        if trace:
            line["exception"] = _encodable(trace)
        return escaped_json(msgspec.json.encode(line)).decode()


def explained(record: logging.LogRecord) -> tuple[str, str]:
    """The message of a record, and the traceback of its error.

    An error that a user can fix, or of brokers that do not answer, has no traceback: it becomes part of the message. At
    level debug every error has its traceback.
    """
    try:
        said = record.getMessage()
    except (TypeError, ValueError) as unfit:  # a library's arguments do not fit its own format
        said = f"{record.msg} {record.args!r} ({unfit})"
    if len(said) > MAX_MESSAGE:
        said = f"{said[:MAX_MESSAGE]}... ({len(said) - MAX_MESSAGE} more characters)"
    if not record.exc_info or record.exc_info[1] is None:
        return said, ""
    error = record.exc_info[1]
    if has_remedy(error) and not logging.getLogger().isEnabledFor(logging.DEBUG):
        name = type(error).__name__
        reason = str(error) if name in str(error) else f"{name}: {error}".rstrip(": ")
        return (said if str(error) and str(error) in said else f"{said}: {reason}"), ""
    return said, "".join(traceback.format_exception(error))


def has_remedy(error: BaseException) -> bool:
    """Whether the cause of an error is outside the program: its traceback would help nobody."""
    if isinstance(error, UserError | ConnectionError | TimeoutError):
        return True
    return any(base.__name__ in {"KafkaError", "CancelledError"} for base in type(error).__mro__)  # of both clients


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
