"""Ending the process: with an error when continuing could lose data, and within a time limit on a stop request.

The supervisor restarts the worker; unacknowledged records are then read again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from typing import NoReturn

import faust

from detectors.user_error import UserError
from streams.kafka.refusals import is_refusal, said

#: Exit status of a worker that ended with an error (EX_SOFTWARE of sysexits.h), unless the error has its own.
EXIT_STATUS = 70
#: Timeout of an orderly shutdown, in seconds; after it the process is ended.
GRACE_SECONDS = 9.0
#: Loggers of Faust and its services, which log a traceback for each task that an error ends.
FRAMEWORK = ("faust", "mode", "aiokafka", "streams.worker.app", "streams.transport.consumer")

logger = logging.getLogger(__name__)


class Fatal:
    """Stops an app after a fatal error, on a stop request, or to restart it."""

    def __init__(self, app: faust.App) -> None:
        self._app = app
        self._leaving = threading.Lock()
        self.error: BaseException | None = None
        self.again = False
        """Whether the process restarts after it has stopped."""

    def __call__(self, error: BaseException) -> None:
        """Log the error and stop the process; safe to call more than once, and from any thread.

        While the process is already stopping, errors come from work that was interrupted; it will be read again.
        """
        if self.error is not None:
            return
        if self.leaving:
            logger.warning("while stopping: %s: %s", type(error).__qualname__, error)
            return
        self.error = error
        if isinstance(error, UserError) or is_refusal(error):  # a traceback would not help
            logger.critical("the worker stops: %s", said(error))
            for name in FRAMEWORK:
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        else:
            logger.critical("the worker stops: %s: %s", type(error).__qualname__, error, exc_info=error)
        self.leave()
        self._app.loop.call_soon_threadsafe(self._crash, error)

    @property
    def status(self) -> int:
        """The exit status of the process."""
        return 0 if self.error is None else int(getattr(self.error, "exit_status", EXIT_STATUS))

    @property
    def leaving(self) -> bool:
        """Whether the process is stopping."""
        return self._leaving.locked()

    def begin_again(self, reason: str) -> None:
        """Stop in an orderly way and restart in the same process; safe to call more than once."""
        if not self.again:
            self.again = True
            logger.warning("the worker restarts: %s", reason)
            os.kill(os.getpid(), signal.SIGTERM)

    def leave(self) -> None:
        """End the process within ``GRACE_SECONDS``, whatever still runs; safe to call more than once."""
        if self._leaving.acquire(blocking=False):
            timer = threading.Timer(GRACE_SECONDS, self._end)
            timer.daemon = True
            timer.start()

    def go(self, status: int) -> None:
        """Exit now, without an orderly shutdown; unacknowledged records will be read again."""
        logger.error("second stop request: exiting now; unacknowledged records will be read again")
        os._exit(status if self.error is None else self.status)

    def _crash(self, error: BaseException) -> None:
        self._crashing = asyncio.ensure_future(self._app.crash(error))

    def _end(self) -> None:
        logger.error("shutdown took longer than %.0f s; unacknowledged records will be read again", GRACE_SECONDS)
        if self.again:
            start_again()
        os._exit(self.status)


def start_again() -> NoReturn:
    """Replace this process with a new one that runs the same command; no state survives."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - its own command
