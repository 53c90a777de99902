"""States and stale writers: a worker that was stopped, replaced and woken up writes again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.engine.matching import Engine
from detectors.engine.outcome import Step
from detectors.engine.partition import PartitionState
from detectors.loading.ruleset import load_rules
from detectors.model.alert import Alert
from detectors.model.observation import Observation

START = datetime(2020, 1, 1, tzinfo=UTC)
RULE = """
rules:
  - {name: surge, kind: frequency, where: {text: quake}, window: 1h, at_least: 2, for: 30m, lateness: 0s%s}
"""


class Detector:
    """One partition's state and its changelog."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.changelog: dict[str, bytes] = {}
        self.alerts: list[Alert] = []
        self.restart()

    def restart(self) -> None:
        self.state = PartitionState(self.engine)
        self.state.load(self.changelog.items())

    def take(self, step: Step) -> Step:
        self.alerts += (firing.alert for firing in step.firings)
        self.changelog |= dict(step.puts)
        for key in step.deletes:
            self.changelog.pop(key, None)
        return step

    def quake(self, minute: float) -> None:
        (rule,) = self.engine.by_state.values()
        observation = Observation(
            rule=rule.name, state=rule.state, time=at(minute), article_id=f"q{minute}", content_hash="x"
        )
        self.take(self.state.observe(observation))

    def until(self, minute: float) -> list[Step]:
        """Advance event time, a minute at a time."""
        now = self.state.judged.get(0, START)
        steps = []
        while now < at(minute):
            now = min(now + timedelta(minutes=1), at(minute))
            steps.append(self.take(self.state.advance(now)))
        return steps


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Engine:
    (tmp_path / "rules.yaml").write_text(RULE % getattr(request, "param", ""))
    return Engine(load_rules(tmp_path))


def marks(steps: list[Step]) -> dict[str, bytes]:
    return {key: value for step in steps for key, value in step.puts if "~standing" in key}


RULES = pytest.mark.parametrize("engine", ["", ", clear: 1", ", throttle: 2h", ", every: 50m"], indirect=True)


@RULES
@pytest.mark.parametrize("hours", [11, 23, 26, 40, 100])
def test_resurrected_stale_mark_begins_no_state(engine: Engine, hours: float) -> None:
    def run(came_back: tuple[str, bytes] | None) -> tuple[dict[str, bytes], list[Alert]]:
        detector = Detector(engine)
        detector.quake(1)
        detector.quake(2)
        written = marks(detector.until(600))
        detector.until(hours * 60)
        if came_back is not None:
            detector.changelog |= [came_back]
            detector.restart()
        detector.quake(hours * 60 + 30)
        detector.quake(hours * 60 + 31)
        detector.until(hours * 60 + 6 * 1440)
        assert not any("~standing" in key for key in detector.changelog)  # kept for a time only
        return written, detector.alerts

    written, alerts = run(None)
    assert len(written) > 1
    for mark in written.items():
        assert run(mark)[1] == alerts


@RULES
def test_lasting_state_survives_a_restart_at_any_time(engine: Engine) -> None:
    one, other = Detector(engine), Detector(engine)
    for minute in range(0, 4 * 1440, 20):
        for detector in (one, other):
            detector.quake(minute)
            detector.until(minute + 20)
        one.restart()
    for detector in (one, other):
        detector.until(6 * 1440)
    assert [alert.state for alert in one.alerts] == ["firing", "resolved"]
    assert one.alerts == other.alerts
