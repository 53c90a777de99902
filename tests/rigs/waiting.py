"""Wait for a condition instead of for seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import pytest

#: No test gives up sooner (seconds).
PATIENCE_SECONDS = 60.0


class Logged(Protocol):
    """What has something to say about why a condition does not hold."""

    def logs(self) -> str:
        """The last lines of its logs."""


def wait_until(
    holds: Callable[[], object], seconds: float, otherwise: str, logged: Logged | None = None, *, every: float = 0.2
) -> None:
    """Wait until a condition holds, and look at it ``every`` so many seconds.

    After ``seconds``, but not within a minute, the test fails with ``otherwise`` and the logs: other programs may leave
    little of a machine for seconds on end.
    """
    seconds = max(seconds, PATIENCE_SECONDS)
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"{otherwise} after {seconds:.0f} s\n{logged.logs() if logged else ''}")
        time.sleep(every)
