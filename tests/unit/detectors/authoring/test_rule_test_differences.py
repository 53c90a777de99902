"""Failing tests of rules: the fields that differ, and the line of the expectation."""

from __future__ import annotations

from pathlib import Path

from detectors.authoring.rule_tests import run_file
from detectors.loading.ruleset import load_rules

RULES = """
rules:
  - {name: talks, kind: match, where: {country: KGZ}, once_per: country, labels: {desk: asia}}
  - {name: mute, kind: match, where: {text: never}}
"""
ARTICLES = "[{title: T, countries: [KGZ]}]"


def problems(folder: Path, alerts: str, name: str = "desk") -> tuple[str, ...]:
    (folder / "desk.yaml").write_text(RULES)
    file = folder / f"{name}.test.yaml"
    file.write_text(f"tests:\n  - name: one\n    articles: {ARTICLES}\n    alerts:{alerts}\n")
    (result,) = run_file(file, load_rules(folder), lambda article: article)
    assert result.line == 2
    return result.problems


def test_each_field_that_differs(tmp_path: Path) -> None:
    expected = "\n      - {rule: talks, severity: critical, group: {country: KAZ}, labels: {desk: asia}}"
    assert problems(tmp_path, expected) == (
        "5: one: talks: severity: expected critical, found warning",
        "5: one: talks: group.country: expected KAZ, found KGZ",
    )


def test_an_alert_of_another_rule_is_missing(tmp_path: Path) -> None:
    assert problems(tmp_path, "\n      - {rule: talks}\n      - {rule: mute, count: 2}") == (
        "6: one: missing alert: {rule: mute, count: 2}",
    )


def test_an_alert_that_nobody_expected(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, " []")
    assert said.startswith(
        "2: one: unexpected alert: {rule: talks, state: firing, severity: warning, group: {country: KGZ}"
    )


def test_a_field_that_no_alert_has(tmp_path: Path) -> None:
    said = problems(tmp_path, "\n      - {rule: talks, sevrity: critical}")
    assert said[0] == "5: one: an alert has no field 'sevrity'; did you mean 'severity'?"


def test_a_test_file_without_its_rules(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, " []", "other")
    assert (
        said
        == "2: one: there is no other.yaml beside this file: it tests nothing; rename it with its rules, or name `rules`"
    )
