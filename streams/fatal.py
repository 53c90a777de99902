"""Leaving the process when going on would lose something; whoever supervises the worker starts it again."""

from __future__ import annotations

import asyncio
import logging
import os
import threading

import faust

#: Exit status of a worker that gave up (EX_SOFTWARE of sysexits.h).
EXIT_STATUS = 70
#: An orderly stop may take so long before the process is ended without one (seconds).
GRACE_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Fatal:
    """Stops an app for good. What was not acknowledged is read again after the restart."""

    def __init__(self, app: faust.App) -> None:
        self._app = app
        self.error: BaseException | None = None

    def __call__(self, error: BaseException) -> None:
        """Log the error and stop the process; safe to call more than once."""
        if self.error is not None:
            return
        self.error = error
        logger.critical("the worker stops: %s: %s", type(error).__qualname__, error, exc_info=error)
        timer = threading.Timer(GRACE_SECONDS, os._exit, (EXIT_STATUS,))
        timer.daemon = True
        timer.start()
        self._crashing = asyncio.ensure_future(self._app.crash(error))
