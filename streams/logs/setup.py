"""Logging of a whole process: its level, its format, and what ends it."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Literal, get_args

from streams.logs.escaping import escaped
from streams.logs.formats import JsonFormat, TextFormat, has_remedy

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]

#: What is ours; all others log from warning on, and everything at level debug.
OWN = ("streams", "detectors", "newswatch")

logger = logging.getLogger("newswatch")


def configure(level: LogLevel, form: LogFormat) -> None:
    """Log to standard error from now on; also what ends the process or one of its threads."""
    if level not in get_args(LogLevel) or form not in get_args(LogFormat):
        raise ValueError(f"no such level or format: {level}, {form}")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormat() if form == "json" else TextFormat())
    if level != "debug":
        handler.addFilter(_not_of_services)
    root, chosen = logging.getLogger(), logging.getLevelNamesMapping()[level.upper()]
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(chosen if chosen < logging.INFO else max(chosen, logging.WARNING))
    for name in OWN:
        logging.getLogger(name).setLevel(chosen)
    logging.captureWarnings(capture=True)
    sys.excepthook = _process_ends
    threading.excepthook = _thread_ends


def _not_of_services(record: logging.LogRecord) -> bool:
    """Leave out that Faust's services start and stop, and its tables of offsets: it logs them under our names."""
    return record.levelno >= logging.WARNING or not str(record.msg).startswith("[^")


def report(message: str) -> None:
    """Print the last words of a command: ``newswatch: MESSAGE``, or a log line if logs are JSON."""
    if logs_json():
        logger.critical("%s", message)
    else:
        print(f"newswatch: {escaped(message)}", file=sys.stderr)  # noqa: T201


def logs_json() -> bool:
    """Whether this process logs JSON."""
    return any(isinstance(handler.formatter, JsonFormat) for handler in logging.getLogger().handlers)


def _process_ends(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logger.critical("unexpected error, please report it", exc_info=(kind, error, trace))


def _thread_ends(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is None or isinstance(arguments.exc_value, SystemExit):
        return
    name = arguments.thread.name if arguments.thread is not None else "unknown"
    level = logging.WARNING if has_remedy(arguments.exc_value) else logging.ERROR
    logger.log(level, "the thread %s ended", name, exc_info=arguments.exc_value)
