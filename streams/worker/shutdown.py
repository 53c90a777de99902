"""Leaving the process: for good when going on would lose something, and in time when it is asked to stop.

Whoever supervises the worker starts it again; what was not acknowledged is read again then.
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

#: Exit status of a worker that gave up (EX_SOFTWARE of sysexits.h).
EXIT_STATUS = 70
#: An orderly stop may take so long before the process is ended without one (seconds).
GRACE_SECONDS = 9.0
#: Faust and its services, which log a traceback for each task that an error ends.
FRAMEWORK = ("faust", "mode", "streams.worker.app")

logger = logging.getLogger(__name__)


class Fatal:
    """Stops an app for good."""

    def __init__(self, app: faust.App) -> None:
        self._app = app
        self._leaving = threading.Lock()
        self.error: BaseException | None = None
        self.again = False
        """Whether the process is to start once more when it has stopped."""

    def __call__(self, error: BaseException) -> None:
        """Log the error and stop the process; safe to call more than once, and from any thread.

        While the process stops anyway, an error is what becomes of work that is cut off: it is read again.
        """
        if self.error is not None:
            return
        if self.leaving:
            logger.warning("while stopping: %s: %s", type(error).__qualname__, error)
            return
        self.error = error
        if isinstance(error, UserError) or is_refusal(error):  # where in the code it came up says nothing
            logger.critical("the worker stops: %s", said(error))
            for name in FRAMEWORK:
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        else:
            logger.critical("the worker stops: %s: %s", type(error).__qualname__, error, exc_info=error)
        self.leave()
        self._app.loop.call_soon_threadsafe(self._crash, error)

    @property
    def leaving(self) -> bool:
        """Whether the process stops."""
        return self._leaving.locked()

    def begin_again(self, reason: str) -> None:
        """Stop as when asked to, and start once more, as the same process; safe to call more than once."""
        if not self.again:
            self.again = True
            logger.warning("the worker begins again: %s", reason)
            os.kill(os.getpid(), signal.SIGTERM)

    def leave(self) -> None:
        """The process ends within the grace, whatever still runs; safe to call more than once."""
        if self._leaving.acquire(blocking=False):
            timer = threading.Timer(GRACE_SECONDS, self._end)
            timer.daemon = True
            timer.start()

    def go(self, status: int) -> None:
        """End now, without an orderly stop; what was in work is read again."""
        logger.error("asked to stop again: the worker goes at once, and what was in work is read again")
        os._exit(EXIT_STATUS if self.error is not None else status)

    def _crash(self, error: BaseException) -> None:
        self._crashing = asyncio.ensure_future(self._app.crash(error))

    def _end(self) -> None:
        logger.error("no orderly stop within %.0f s; what was in work is read again", GRACE_SECONDS)
        if self.again:
            start_again()
        os._exit(EXIT_STATUS if self.error is not None else 0)


def start_again() -> NoReturn:
    """Replace this process by a new one of the same command: nothing of what it knew is left."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - its own command
