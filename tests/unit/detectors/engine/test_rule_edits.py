"""A rule's state when the rule is edited: harmless edits keep it, others reset it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from detectors.engine.partition import PartitionState
from detectors.model.alert import Alert
from tests.property.detectors.harness import Given, at, engine_of, only_rule


class Desk:
    """One partition, fed by hand; ``edit`` replaces the rule, ``restart`` continues from the changelog."""

    def __init__(self, rule: str) -> None:
        self.engine = engine_of(rule)
        self.state = PartitionState(self.engine)
        self.changelog: dict[str, bytes] = {}

    def _take(self, step) -> list[Alert]:
        for key, value in step.puts:
            self.changelog[key] = value
        for key in step.deletes:
            self.changelog.pop(key, None)
        return [firing.alert for firing in step.firings]

    def article(self, minute: int, **given) -> list[Alert]:
        article = Given(minute, f"a{minute}", **given).enriched()
        reading = self.engine.read(article)
        if reading.pulse is not None:
            self._take(self.state.pulse((reading.pulse,)))
        return [alert for one in reading.observations for alert in self._take(self.state.observe(one))] + self._take(
            self.state.advance(article.event_time)
        )

    def until(self, minute: int) -> list[Alert]:
        return self._take(self.state.advance(at(minute)))

    def edit(self, rule: str) -> None:
        self.engine = engine_of(rule)
        self.state = self.state.with_rules(self.engine)

    def restart(self, rule: str) -> None:
        self.engine = engine_of(rule)
        self.state = PartitionState(self.engine)
        self.state.load(self.changelog.items())


RULE = "name: r, kind: frequency, where: {language: b}, window: 2h, lateness: 0s"
STATE = f"{RULE}, for: 15m"

HARMLESS = [
    "description: other",
    "labels: {desk: x}",
    "annotations: {summary: x}",
    "topic: alerts.other",
    "tags: [x]",
    "severity: critical",
    "schedule: {days: [mon]}",
    "throttle: 5h",
    "info: {author: x}",
    "publish: false",
]


@pytest.mark.parametrize("edit", HARMLESS)
def test_edits_of_texts_labels_topic_and_severity_keep_the_state(edit: str) -> None:
    before = only_rule(engine_of(f"{RULE}, at_least: 3"))
    assert only_rule(engine_of(f"{RULE}, at_least: 3, {edit}")).state == before.state
    assert only_rule(engine_of(f"{RULE}, at_least: {{critical: 5}}, {edit}")).state == before.state


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("window: 2h", "window: 3h"),
        ("language: b", "language: a"),
        ("window: 2h", "window: 2h, group_by: [source]"),
        ("window: 2h", "window: 2h, distinct: story"),
        ("window: 2h", "window: 2h, exceptions: [{name: x, where: {language: c}}]"),
        ("name: r", "name: s"),
    ],
)
def test_edits_of_condition_group_and_window_reset_the_state(old: str, new: str) -> None:
    rule = f"{RULE}, at_least: 2"
    desk = Desk(rule)
    assert desk.article(0, language="b") == []
    desk.edit(rule.replace(old, new))
    assert desk.article(1, language="b", source="x") == []
    assert desk.until(2) == []
    keys = [key for key in desk.changelog if not key.startswith("~")]
    assert all(key.startswith(only_rule(desk.engine).state) for key in keys), "facts of the rule as it was are deleted"


@pytest.mark.parametrize("way", ["edit", "restart"])
def test_lower_threshold_counts_earlier_articles(way: str) -> None:
    desk = Desk(f"{RULE}, at_least: 5")
    for minute in range(2):
        assert desk.article(minute, language="b") == []
    getattr(desk, way)(f"{RULE}, at_least: 3")
    (alert,) = desk.article(2, language="b")
    assert (alert.state, alert.count) == ("firing", 3)


def test_event_that_a_new_threshold_makes_true_is_sent_with_the_next_article() -> None:
    desk = Desk(f"{RULE}, at_least: 5")
    for minute in range(3):
        desk.article(minute, language="b")
    desk.edit(f"{RULE}, at_least: 2")
    (alert,) = desk.article(3, language="b")
    assert (alert.state, alert.count, alert.starts_at) == ("firing", 4, at(1))


@pytest.mark.parametrize("edit", ["labels: {desk: x}", "severity: critical"])
def test_event_that_has_begun_continues(edit: str) -> None:
    desk = Desk(f"{RULE}, at_least: 2")
    sent = [alert for minute in range(3) for alert in desk.article(minute, language="b")]
    desk.edit(f"{RULE}, at_least: 2, {edit}")
    sent += [alert for minute in range(3, 8) for alert in desk.article(minute, language="b")]
    assert len({alert.id for alert in sent}) == 1
    assert [alert.state for alert in sent] == ["firing"] + ["updated"] * (len(sent) - 1)
    assert len(sent) > 1


def test_an_edited_text_sends_nothing_again() -> None:
    desk = Desk(f"{RULE}, at_least: 2")
    assert len([alert for minute in range(3) for alert in desk.article(minute, language="b")]) == 1
    desk.edit(f"{RULE}, at_least: 2, description: other")
    assert desk.article(3, language="a") == []
    assert [alert.revision for alert in desk.article(4, language="b")] == [2]  # the count has doubled


def test_state_continues_under_new_levels() -> None:
    desk = Desk(f"{STATE}, at_least: 2")
    desk.article(1, language="b")
    desk.article(2, language="b")
    (first,) = desk.until(31)
    desk.edit(f"{STATE}, at_least: {{warning: 2, critical: 3}}, labels: {{desk: x}}")
    assert desk.until(46) == []
    desk.article(50, language="b")
    (second,) = desk.until(76)
    assert (first.id, first.state, first.severity, first.labels) == (second.id, "firing", "warning", {})
    assert (second.state, second.severity, second.revision, second.labels) == ("updated", "critical", 2, {"desk": "x"})


def test_state_that_a_new_threshold_makes_true_begins_at_the_next_tick() -> None:
    desk = Desk(f"{RULE}, clear: 1, at_least: 3")
    desk.article(1, language="b")
    desk.article(2, language="b")
    assert desk.until(31) == []
    desk.edit(f"{RULE}, clear: 1, at_least: 2")
    (alert,) = desk.until(46)
    assert (alert.state, alert.starts_at) == ("firing", at(45))


@pytest.mark.parametrize("way", ["edit", "restart"])
def test_state_that_a_new_threshold_makes_false_is_resolved(way: str) -> None:
    desk = Desk(f"{RULE}, clear: 2, at_least: 2")
    desk.article(1, language="b")
    desk.article(2, language="b")
    (first,) = desk.until(31)
    getattr(desk, way)(f"{RULE}, clear: 3, at_least: 3")
    (second,) = desk.until(46)
    assert (second.id, second.state, second.revision) == (first.id, "resolved", 2)


def test_a_group_that_is_listed_later_waits_for_its_first_window() -> None:
    rule = "name: f, kind: flatline, window: 1h, lateness: 0s, group_by: source, groups: [{}]"
    desk = Desk(rule.format("a"))
    for minute in range(0, 300, 10):
        assert desk.article(minute, source="a") == []
    desk.edit(rule.format("a, b"))
    said: list[Alert] = []
    for minute in range(300, 420, 10):
        said += desk.article(minute, source="a")
    assert [(alert.group, alert.state, alert.starts_at) for alert in said] == [({"source": "b"}, "firing", at(360))]


def test_ticks_of_a_new_length_continue_from_the_last_tick() -> None:
    desk = Desk(f"{RULE}, clear: 2, at_least: 2")
    desk.article(1, language="b")
    desk.article(2, language="b")
    (first,) = desk.until(31)
    desk.edit(f"{RULE}, clear: 2, at_least: 2, every: 7m")
    (last,) = desk.until(200)
    assert (last.id, last.state) == (first.id, "resolved")
    since_1970 = last.updated_at - datetime(1970, 1, 1, tzinfo=last.updated_at.tzinfo)
    assert since_1970 % timedelta(minutes=7) == timedelta()
    assert at(121) <= last.updated_at <= at(128)
