"""How a command ends when something outside the program is wrong: one message, exit status 2, no traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from kafka.errors import KafkaError

from detectors.user_error import UserError
from streams.kafka.client_log import lost_address
from streams.kafka.refusals import said
from streams.logs.setup import report

#: Errors of a full disk, an exceeded quota, or a terminal that rejects output.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class UnwritableError(UserError):
    """The file of an option cannot be written; the message says which, why, and what was expected."""


@contextmanager
def writing(option: str, place: Path) -> Iterator[None]:
    """Write what ``option`` asks for.

    Raises:
        UnwritableError: the file or its folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise UnwritableError(
            f"{option} {place}: cannot write {error.filename or place}: {error.strerror}; expected a path that this "
            "user may write to"
        ) from None


@contextmanager
def friendly_errors() -> Iterator[None]:
    """Print an error that a user can fix, and exit with status 2; exit with 0 if the output's reader has closed it."""
    try:
        try:
            yield
        except SystemExit:
            sys.stdout.flush()  # the interpreter's own flush comes too late to name an error
            raise
    except BrokenPipeError:
        _leave(0)
    except (UserError, KafkaError, OSError) as error:
        message = _message(error)
        if message is None:
            raise
        report(message)
        _leave(2)
    except SystemExit as leaving:
        # Typer and rich exit with status 1 when the reader, such as head, has closed the pipe. That is not an error.
        if not isinstance(leaving.__context__, BrokenPipeError):
            raise
        _leave(0)


def _message(error: UserError | KafkaError | OSError) -> str | None:
    """The message to print; None for an error that is a defect of the program."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, KafkaError):
        return said(error, lost_address())
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if error.errno in _FULL:  # standard output: every other file has a name
        return f"cannot write the output: {error.strerror}; the output is incomplete"
    return None


def _leave(status: int) -> NoReturn:
    try:
        sys.stdout.flush()
    except OSError:
        # Discard the rest of the buffer: the interpreter would fail on it once more, with a status of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
