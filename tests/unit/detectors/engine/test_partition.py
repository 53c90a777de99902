"""Rule state in which an earlier version kept times from the future: what is loaded of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from detectors.engine.firing import Firing
from detectors.engine.outcome import Step
from detectors.engine.partition import PartitionState
from detectors.model.event_time import AHEAD
from detectors.model.observation import Observation
from tests.property.detectors.harness import at, engine_of

RULES = """
rules:
  - {name: three, kind: frequency, where: {text: quake}, window: 1h, at_least: 3, lateness: 10m}
  - {name: silent, kind: absence, after: {text: quake}, without: {text: help}, within: 2h, lateness: 10m}
  - {name: surge, kind: spike, where: {text: quake}, window: 1h, reference: 1h, factor: 2, lateness: 10m}
"""
FAR = datetime(2099, 1, 1, tzinfo=UTC)


class Detector:
    """One partition's state, its changelog and its alerts."""

    def __init__(self) -> None:
        self.engine = engine_of(RULES)
        self.changelog: dict[str, bytes] = {}
        self.firings: list[Firing] = []
        self.late = 0
        self.restart()

    def restart(self, appended: datetime | None = None) -> None:
        self.state = PartitionState(self.engine)
        self.state.load(self.changelog.items(), appended)

    def take(self, step: Step) -> None:
        self.firings += step.firings
        self.late += step.late
        self.changelog |= dict(step.puts)
        for key in step.deletes:
            self.changelog.pop(key, None)

    def observe(self, rule: str, id_: str, time: datetime, step: int = 0) -> None:
        state = self.engine.rules[rule].state
        steps = (step,) if step else ()
        self.take(
            self.state.observe(
                Observation(
                    rule=rule,
                    state=state,
                    rule_set_version=self.engine.version,
                    group={},
                    time=time,
                    article_id=id_,
                    content_hash=id_,
                    steps=steps,
                )
            )
        )

    def rules(self) -> list[str]:
        return [firing.alert.rule for firing in self.firings]


def test_a_watermark_in_the_future_goes_back_and_rules_fire_again() -> None:
    detector = Detector()
    detector.observe("three", "poison", FAR)
    detector.observe("silent", "wait", at(0), step=1)
    detector.take(detector.state.pulse((at(0), FAR)))
    detector.take(detector.state.advance(FAR))
    assert detector.rules() == ["silent"]  # falsely: nothing was missing yet
    detector.observe("three", "lost", at(30))
    assert detector.late == 1

    detector.restart(at(30))
    assert detector.state.watermark == at(30)
    for number in range(3):
        detector.observe("three", f"right-{number}", at(31 + number))
    assert detector.late == 1
    assert detector.rules() == ["silent", "three"]
    assert detector.firings[-1].alert.count == 3
    detector.take(detector.state.advance(at(40)))
    assert not [key for key in detector.changelog if "2099" in key]

    again = dict(detector.changelog)
    detector.restart(at(40))
    assert detector.changelog == again


def test_right_state_is_loaded_whole() -> None:
    detector = Detector()
    detector.observe("three", "a", at(0) + AHEAD)  # the newest time that counts
    detector.observe("silent", "wait", at(-60), step=1)
    detector.take(detector.state.pulse((at(-60), at(0) + AHEAD)))
    detector.take(detector.state.advance(at(0) + AHEAD))
    kept = dict(detector.changelog)
    detector.restart(at(0))
    assert detector.state.watermark == at(0) + AHEAD
    assert len(detector.state) == 2
    detector.take(detector.state.advance(at(0) + AHEAD))
    assert detector.changelog == kept
    detector.restart(at(0) - timedelta(seconds=1))
    assert detector.state.watermark == at(0) - timedelta(seconds=1)
