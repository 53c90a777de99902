"""Signal handling of a worker: SIGTERM and SIGINT drain it, a second one ends it now, SIGHUP reloads the rules.

While the worker starts, nothing is in flight, so it exits immediately. This needs a handler: Linux ignores unhandled
signals to the first process of a container.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from time import monotonic
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT)
#: A second signal within this time (seconds) is the first one, sent twice: by the terminal and by the parent process.
SAME_SECONDS = 1.0


class Terminated(KeyboardInterrupt):
    """Raised on SIGTERM, so that it ends a command as Ctrl-C does."""


def exit_status(asked: KeyboardInterrupt) -> int:
    """The exit status after a signal: 128 plus its number, as in shells."""
    return 128 + (signal.SIGTERM if isinstance(asked, Terminated) else signal.SIGINT)


def terminate_as_interrupt() -> None:
    """Make SIGTERM end the command as Ctrl-C does: files and connections are closed."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)


def while_starting() -> None:
    """Exit immediately on SIGTERM; ignore SIGHUP, because the rules are about to be read anyway."""
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, lambda *_: None)


def while_running(look_at_rules: Callable[[], None]) -> None:
    """Make SIGHUP call ``look_at_rules`` on the event loop of the main thread."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, look_at_rules)


def while_stopping(go: Callable[[int], None]) -> None:
    """Make the next stop signal call ``go`` with its exit status, on the event loop of the main thread."""
    asked = monotonic()

    def again(number: int) -> None:
        if monotonic() - asked > SAME_SECONDS:
            go(128 + number)

    for number in STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, again, number)


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(128 + number)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise Terminated
