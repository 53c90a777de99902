"""A detector that fails on one observation, or at one moment, costs that one and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.loading.ruleset import load_rules
from detectors.machines.events import EventMachine
from detectors.machines.ticks import TickMachine
from detectors.model.observation import Observation

START = datetime(2025, 3, 1, tzinfo=UTC)
RULES = """
rules:
  - {name: counted, kind: frequency, group_by: [source], window: 1h, at_least: 2, lateness: 0s}
  - {name: lasting, kind: frequency, group_by: [source], window: 4h, at_least: 1, for: 15m, lateness: 0s}
"""


@pytest.fixture
def engine(tmp_path) -> Engine:
    (tmp_path / "rules.yaml").write_text(RULES)
    return Engine(load_rules(tmp_path))


def observation(engine: Engine, rule: str, minute: int, source: str = "wire") -> Observation:
    return Observation(
        rule=rule,
        state=engine.rules[rule].state,
        group={"source": source},
        time=START + timedelta(minutes=minute),
        article_id=f"{source}-{minute}",
    )


def test_a_failed_observation_leaves_the_state_as_it_was(engine: Engine) -> None:
    state, untouched = PartitionState(engine), PartitionState(engine)
    for one in (state, untouched):
        one.observe(observation(engine, "counted", 0))
    whole = EventMachine.observe

    def halfway(machine, fact, out):
        whole(machine, fact, out)
        raise RuntimeError("a detector's fault")

    with patch.object(EventMachine, "observe", halfway), pytest.raises(RuntimeError, match="a detector's fault"):
        state.observe(observation(engine, "counted", 1))
    assert len(state) == len(untouched) == 1
    step = state.observe(observation(engine, "counted", 2))
    expected = untouched.observe(observation(engine, "counted", 2))
    assert [firing.alert for firing in step.firings] == [firing.alert for firing in expected.firings]
    assert step.firings[0].alert.count == 2


def test_a_failed_first_observation_leaves_no_group(engine: Engine) -> None:
    state = PartitionState(engine)
    with patch.object(EventMachine, "observe", side_effect=MemoryError), pytest.raises(MemoryError):
        state.observe(observation(engine, "counted", 0))
    assert state.groups() == {}


def test_a_group_that_fails_at_a_moment_does_not_stop_the_others(engine: Engine) -> None:
    state = PartitionState(engine)
    for source in ("wire", "daily"):
        state.observe(observation(engine, "lasting", 0, source))
    whole = TickMachine.advance

    def fails_for_wire(machine, now, settled, log, out):
        if machine.group == {"source": "wire"}:
            raise OverflowError("date value out of range")
        whole(machine, now, settled, log, out)

    with patch.object(TickMachine, "advance", fails_for_wire):
        step = state.advance(START + timedelta(minutes=200))
    assert {firing.alert.group["source"] for firing in step.firings} == {"daily"}
    (failed,) = [limit for limit in step.limits if limit.what == "failed"]
    assert failed.rule == "lasting"
    assert "wire" in failed.reason
    assert "OverflowError: date value out of range" in failed.reason
    later = state.advance(START + timedelta(minutes=215))
    assert {firing.alert.group["source"] for firing in later.firings} == {"wire"}
