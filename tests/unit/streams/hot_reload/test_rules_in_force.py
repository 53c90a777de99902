"""The metrics of a reload: loaded or rejected, and loaded once the error is fixed."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from streams.hot_reload import rules_in_force as module
from streams.hot_reload.folder import RulesFolder
from streams.hot_reload.rules_in_force import RulesInForce
from streams.kafka.topic_states import TopicState
from streams.kafka.topics import TopicsMissingError, TopicSpec
from streams.monitoring.metrics import Metrics
from streams.settings import Settings

OLD = "rules: [{name: floods, kind: match, where: {text: flood}, topic: alerts.all}]"
NEW = "rules: [{name: storms, kind: match, where: {text: storm}, topic: alerts.all}]"
WRONG = "rules: [{name: storms, kind: mach, where: {txt: storm}}]"
ELSEWHERE = "rules: [{name: storms, kind: match, where: {text: storm}, topic: alerts.new}]"


class Desk:
    """A rules folder that a worker polls, and the existing topics."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "rules.yaml"
        self.file.write_text(OLD)
        self.topics = {"alerts.all"}
        self.compared: list[list[str]] = []
        self.metrics = Metrics()
        rules = RulesFolder(folder)
        self.in_force = RulesInForce(Settings(), rules, rules.load(), self.metrics)

    def look(self, text: str | None = None) -> None:
        if text is not None:
            new = self.file.with_suffix(".new")
            new.write_text(text)
            new.replace(self.file)
        asyncio.run(self.in_force.look())

    def ensure(self, _: Settings, specs: Iterable[TopicSpec], *, create: bool) -> tuple[str, ...]:
        del create
        missing = {spec.name for spec in specs if spec.name.startswith("alerts.")} - self.topics
        if missing:
            raise TopicsMissingError(missing)
        return ()

    def describe(self, _: Settings, names: Sequence[str]) -> tuple[TopicState, ...]:
        self.compared.append(list(names))
        config = {"cleanup.policy": "compact", "retention.ms": "60000"}
        return tuple(TopicState(name, 1, 1, config, in_force=config) for name in names)

    def said(self) -> tuple[str, float, dict[str, float]]:
        """The first active rule, whether the last change was loaded, and how many were loaded and rejected."""
        ok = self.metrics.registry.get_sample_value("newswatch_rule_reload_ok")
        value: Any = self.metrics.registry.get_sample_value
        counts = {o: value("newswatch_rule_reloads_total", {"outcome": o}) or 0.0 for o in ("loaded", "refused")}
        return self.in_force.rules.rules[0].name, ok or 0.0, counts


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk(tmp_path)
    monkeypatch.setattr(module, "ensure_topics", desk.ensure)
    monkeypatch.setattr(module, "describe_topics", desk.describe)
    return desk


def test_reverting_an_invalid_rule_set_clears_the_error(desk: Desk) -> None:
    desk.look(WRONG)
    desk.look()
    assert desk.said() == ("floods", 0.0, {"loaded": 0, "refused": 1})
    desk.look(OLD)
    assert desk.said() == ("floods", 1.0, {"loaded": 0, "refused": 1})


def test_a_rule_set_with_a_missing_topic_is_loaded_once_the_topic_exists(desk: Desk) -> None:
    desk.look(ELSEWHERE)
    desk.look()
    assert desk.said() == ("floods", 0.0, {"loaded": 0, "refused": 1})
    desk.topics.add("alerts.new")
    desk.look()
    assert desk.said() == ("storms", 1.0, {"loaded": 1, "refused": 1})
    desk.look()
    assert desk.said() == ("storms", 1.0, {"loaded": 1, "refused": 1})


def test_a_rejected_rule_set_is_not_loaded_after_a_newer_one(desk: Desk) -> None:
    desk.look(ELSEWHERE)
    desk.look(NEW)
    desk.topics.add("alerts.new")
    desk.look()
    assert desk.in_force.rules.topics() == {"alerts.all"}
    desk.look(WRONG)
    desk.look(WRONG.replace("mach", "macht"))
    assert desk.said() == ("storms", 0.0, {"loaded": 1, "refused": 3})


def test_the_topics_that_only_new_rules_name_are_compared_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.topics.add("alerts.new")
    desk.look(NEW)
    assert desk.compared == []
    desk.look(ELSEWHERE)
    desk.look(NEW)
    desk.look(ELSEWHERE)
    assert desk.compared == [["alerts.new"]]
    assert (
        "topic alerts.new: cleanup.policy is compact, expected delete: Kafka deletes all but the newest" in caplog.text
    )
    assert "topics apply" in caplog.text
