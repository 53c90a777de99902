"""Observations of a rule set that this worker has not loaded yet."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from streams.settings import Settings
from streams.worker.agents import awaited_rules as module
from streams.worker.agents.awaited_rules import AwaitedRules


class InForce:
    """Rule sets "1", "2" ... in a folder, each with one rule of that name; each look finds the next one."""

    def __init__(self, *coming: str) -> None:
        self.coming = list(coming)
        self.looks = 0
        self._had: set[str] = set()
        self._take("1")

    def _take(self, version: str) -> None:
        self._had.add(version)
        self.rules = SimpleNamespace(version=version)
        self.engine = SimpleNamespace(knows=lambda state: state == f"rule-{version}")

    def had(self, version: str) -> bool:
        return version in self._had

    async def look(self) -> None:
        self.looks += 1
        if self.coming:
            self._take(self.coming.pop(0))


class Case:
    """Asks about observations, on a clock that sleeping advances."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *coming: str) -> None:
        self.clock = 0.0
        self.wanted = True
        monkeypatch.setattr(module, "monotonic", lambda: self.clock)
        monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=self._pause))
        self.in_force = InForce(*coming)
        in_force: Any = self.in_force
        self.awaited = AwaitedRules(Settings(rules_wait_seconds=5, rules_reload_seconds=1), in_force)

    async def _pause(self, seconds: float) -> None:
        self.clock += seconds

    def have(self, version: str, state: str | None = None) -> bool:
        observation: Any = SimpleNamespace(rule_set_version=version, state=state or f"rule-{version}")
        return asyncio.run(self.awaited.have_rule(observation, lambda: self.wanted))


def test_a_rule_in_force_needs_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    assert case.have("0", state="rule-1")  # from an earlier set, with the same state id
    assert not case.have("1", state="no-rule")
    assert (case.in_force.looks, case.clock) == (0, 0)


def test_waits_for_a_rule_set_that_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, "2", "3")
    assert case.have("3")
    assert (case.in_force.looks, case.clock) == (2, 1)


def test_an_earlier_rule_set_counts_again_when_it_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch, "2", "1")
    assert case.have("2")
    assert case.have("1")
    assert not case.have("2")
    assert case.clock == 0


def test_gives_up_once_on_a_rule_set_that_never_arrives(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    case = Case(monkeypatch)
    for _ in range(3):
        assert not case.have("9")
        assert case.clock == 5
    assert caplog.text.count("rule set 9 did not reach this worker in time; dropping its observations") == 1


def test_stops_waiting_when_the_partition_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)
    case.wanted = False
    assert not case.have("9")
    assert (case.in_force.looks, case.clock) == (1, 0)
