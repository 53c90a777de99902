"""Python's garbage collector, kept from looking again and again through what is there to stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_waits() -> Iterator[None]:
    """No collection while a large rule set is made: it would find nothing, and take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def keep_what_is_loaded() -> None:
    """Leave everything that is there now out of all collections to come.

    For a program that has loaded what it needs and begins its work. Without, each full collection looks through
    300,000 objects that stay, holds up everything for a quarter of a second, and comes so rarely that a hundred
    megabytes of garbage wait for it.
    """
    gc.collect()
    gc.freeze()
