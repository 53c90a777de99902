"""Eager coroutines behave like tasks: results, errors and cancellation, in the same order."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from streams.transport.eager_coroutines import begin


async def at_once(steps: list[str]) -> int:
    steps.append("done")
    return 7


async def waits(steps: list[str], gate: asyncio.Event) -> int:
    steps.append("begun")
    try:
        for _ in range(3):
            await asyncio.sleep(0)
        await gate.wait()
    except asyncio.CancelledError:
        steps.append("cancelled")
        raise
    finally:
        steps.append("left")
    return 8


def test_a_coroutine_that_never_waits_is_done() -> None:
    steps: list[str] = []
    begun = begin(at_once(steps))
    assert (begun.result, begun.rest, steps) == (7, None, ["done"])


def test_the_rest_is_awaited_as_a_task() -> None:
    async def main() -> None:
        steps: list[str] = []
        gate = asyncio.Event()
        begun = begin(waits(steps, gate))
        assert steps == ["begun"]
        assert begun.rest is not None
        task = asyncio.create_task(begun.rest)
        await asyncio.sleep(0.01)
        assert not task.done()
        gate.set()
        assert await task == 8
        assert steps == ["begun", "left"]

    asyncio.run(main())


def test_a_future_wakes_the_coroutine_that_waits_for_it() -> None:
    async def main() -> None:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def work() -> int:
            return await future

        begun = begin(work())
        assert begun.rest is not None
        task = asyncio.create_task(begun.rest)
        await asyncio.sleep(0)
        future.set_result(9)
        assert await task == 9

    asyncio.run(main())


def test_cancelling_the_rest_cancels_the_work() -> None:
    async def main() -> None:
        steps: list[str] = []
        begun = begin(waits(steps, asyncio.Event()))
        assert begun.rest is not None
        task = asyncio.create_task(begun.rest)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert steps == ["begun", "cancelled", "left"]

    asyncio.run(main())


@pytest.mark.parametrize("after", [0, 1])
def test_errors_are_raised_in_the_step_that_fails(after: int) -> None:
    async def work() -> None:
        for _ in range(after):
            await asyncio.sleep(0)
        raise ValueError("no")

    async def main(work: Coroutine[Any, Any, None]) -> None:
        begun = begin(work)
        assert begun.rest is not None
        await begun.rest

    with pytest.raises(ValueError, match="no"):
        asyncio.run(main(work()))
