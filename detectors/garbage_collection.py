"""Control of Python's garbage collector, so that it does not rescan long-lived objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_waits() -> Iterator[None]:
    """Pause collection while rules or lexicons are built: it would free nothing and take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def keep_what_is_loaded() -> None:
    """Exclude all current objects from future collections.

    Call this once a program has loaded what it needs. Otherwise each full collection scans 300,000 long-lived objects
    and stalls the program for a quarter of a second, and full collections run so rarely that a hundred megabytes of
    garbage pile up between them.
    """
    gc.collect()
    gc.freeze()
