"""The second agent after a batch that failed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from detectors.timeline.watermark import ProgressReport
from streams.monitoring.metrics import Metrics
from streams.settings import Settings
from streams.worker.agents.delivery import Work
from streams.worker.agents.observations import ObservationAgent


class Delivery:
    """Fails once, then takes everything."""

    def __init__(self) -> None:
        self.finished: list[Work] = []

    async def finish(self, work: Work) -> None:
        self.finished.append(work)
        if len(self.finished) == 1:
            raise OSError("Kafka takes nothing")


def agent_that_fails(ended: list[BaseException]) -> tuple[ObservationAgent, Delivery]:
    """An agent without partitions whose first batch or tick fails."""
    made: Any = SimpleNamespace(store=SimpleNamespace(partitions={}))
    agent = ObservationAgent(
        SimpleNamespace(),  # type: ignore[arg-type]
        Settings(),
        made,
        SimpleNamespace(),  # type: ignore[arg-type]
        Metrics(),
        ended.append,  # type: ignore[arg-type]
        partitions=1,
    )
    delivery = Delivery()
    agent._delivery = delivery  # type: ignore[assignment]
    return agent, delivery


def test_nothing_is_written_after_a_batch_that_failed() -> None:
    """Progress from memory would cover observations whose alerts were never sent."""
    agent, delivery = agent_that_fails([])

    async def run() -> None:
        with pytest.raises(OSError, match="Kafka takes nothing"):
            await agent._handle([])
        await agent.tick(ProgressReport())
        with pytest.raises(RuntimeError, match="an earlier batch"):
            await agent._handle([])

    asyncio.run(run())
    assert len(delivery.finished) == 1


def test_nothing_is_written_after_a_tick_that_failed() -> None:
    ended: list[BaseException] = []
    agent, delivery = agent_that_fails(ended)

    async def run() -> None:
        with pytest.raises(OSError, match="Kafka takes nothing"):
            await agent.tick(ProgressReport())
        await agent.tick(ProgressReport())

    asyncio.run(run())
    assert [str(error) for error in ended] == ["Kafka takes nothing"]
    assert len(delivery.finished) == 1
