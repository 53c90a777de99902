"""How a worker's agents are called in logs."""

from typing import Any

import faust
import pytest

from streams.worker.worker import reading


@pytest.mark.parametrize("topic", ["articles", "observations"])
def test_logs_tell_the_agents_apart(topic: str) -> None:
    async def run(stream: Any) -> None:
        del stream

    app = faust.App("desk", broker="kafka://127.0.0.1:1", autodiscover=False)
    agent = app.agent(app.topic(topic), name=f"streams.worker.agents.{topic}")(reading(topic, run))
    assert agent.label == f"Agent: worker.agents.{topic}"
