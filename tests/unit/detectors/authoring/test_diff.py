"""Which alerts a change of the rules would add, take away or change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from detectors.authoring.diff import Difference, differences
from detectors.loading.ruleset import load_rules
from detectors.model.article import Country, EnrichedArticle

START = datetime(2020, 1, 1, tzinfo=UTC)
ARTICLES = [
    EnrichedArticle(
        id=f"a{n}",
        text="A coup.",
        received_at=START + timedelta(hours=n),
        event_time=START + timedelta(hours=n),
        countries=(Country("KAZ" if n % 2 else "KGZ"),),
    )
    for n in range(4)
]


def compared(tmp_path: Path, old: str, new: str) -> list[Difference]:
    sets = []
    for name, rule in (("old", old), ("new", new)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "desk.yaml").write_text(f"rules: [{{name: one, {rule}}}]", encoding="utf-8")
        sets.append(load_rules(folder))
    return differences(sets[0], sets[1], ARTICLES)


def test_the_same_rules_differ_in_nothing(tmp_path: Path) -> None:
    rule = "kind: frequency, where: {text: coup}, window: 1d, at_least: 2"
    assert compared(tmp_path, rule, f"description: In other words, {rule}") == []


def test_a_narrower_rule_loses_alerts(tmp_path: Path) -> None:
    found = compared(tmp_path, "kind: match", "kind: match, where: {country: KAZ}")
    assert [(one.change, one.old.evidence[0].article_id) for one in found if one.old] == [
        ("vanishes", "a0"),
        ("vanishes", "a2"),
    ]


def test_a_wider_rule_wins_alerts(tmp_path: Path) -> None:
    found = compared(tmp_path, "kind: match, where: {country: KAZ}", "kind: match")
    assert [one.change for one in found] == ["appears", "appears"]
    assert all(one.old is None and one.new is not None for one in found)


def test_another_severity_or_text_changes_alerts(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        "kind: match, where: {country: KAZ}, severity: info",
        "kind: match, where: {country: KAZ}, severity: critical, labels: {desk: asia}",
    )
    assert [(one.change, one.fields) for one in found] == [("changes", ("severity", "labels"))] * 2


def test_a_rule_on_trial_shows_nothing(tmp_path: Path) -> None:
    found = compared(tmp_path, "kind: match, publish: false", "kind: match, publish: false, where: {country: KAZ}")
    assert found == []
