"""What signals mean to a worker: asked to stop, it drains; asked again, it goes at once; SIGHUP: look at the rules now.

While it starts nothing is in work, and it ends at once, also as the first process of a container, for which Linux
leaves out a signal that nobody handles.
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
#: A second signal so soon (seconds) is the first one, passed on twice: by the terminal and by who started the worker.
SAME_SECONDS = 1.0


class Terminated(KeyboardInterrupt):
    """SIGTERM, where it ends a command as Ctrl-C does."""


def exit_status(asked: KeyboardInterrupt) -> int:
    """The exit status of what was ended by a signal: 128 and its number, as shells have it."""
    return 128 + (signal.SIGTERM if isinstance(asked, Terminated) else signal.SIGINT)


def terminate_as_interrupt() -> None:
    """From now on SIGTERM ends what is under way as Ctrl-C does: files and connections are closed."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)


def while_starting() -> None:
    """End at once when asked to; SIGHUP says nothing yet, for the rules are read anyway."""
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, lambda *_: None)


def while_running(look_at_rules: Callable[[], None]) -> None:
    """On the event loop of the main thread: SIGHUP calls ``look_at_rules``."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, look_at_rules)


def while_stopping(go: Callable[[int], None]) -> None:
    """On the event loop of the main thread: the next signal to stop calls ``go`` with its exit status."""
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
