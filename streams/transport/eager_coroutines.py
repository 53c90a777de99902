"""Eager coroutines: started at once, without a task for those that never wait (asyncio has them from Python 3.12)."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from types import coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Begun(Generic[T]):
    """A coroutine after its first step: its ``result``, or the ``rest`` of it, still to be awaited."""

    result: T | None = None
    rest: Coroutine[Any, Any, T] | None = None


def begin(work: Coroutine[Any, Any, T]) -> Begun[T]:
    """Run a coroutine to its end, or to its first wait.

    Raises:
        Exception: whatever the coroutine raises in that step.
    """
    try:
        awaited = work.send(None)
    except StopIteration as done:
        return Begun(result=done.value)
    return Begun(rest=_rest(work, awaited))


async def _rest(work: Coroutine[Any, Any, T], awaited: Any) -> T:
    return await _onward(work, awaited)


@coroutine
def _onward(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """Pass on what the coroutine awaits, and pass back to it results, errors and cancellation."""
    try:
        while True:
            try:
                sent = yield awaited
            except BaseException as error:  # noqa: BLE001 - its own to handle
                awaited = work.throw(error)
            else:
                awaited = work.send(sent)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        work.close()
