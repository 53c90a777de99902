"""Errors as defined by `RULES.md` are rejected with file, line, field and the nearest valid value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from detectors.loading.ruleset import RuleSetError, load_rules

MATCH = "rules:\n  - name: one\n    kind: match\n    "
FREQUENCY = "rules:\n  - name: one\n    kind: frequency\n    window: 1d\n    at_least: 2\n    "
REFUSED = yaml.safe_load((Path(__file__).parent / "refusals.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", REFUSED, ids=[case["name"] for case in REFUSED])
def test_error_is_reported_at_its_place(tmp_path: Path, case: dict[str, Any]) -> None:
    (tmp_path / "outside.txt").write_text("secret\n", encoding="utf-8")
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "desk.yaml").write_text(case["text"], encoding="utf-8")
    with pytest.raises(RuleSetError) as caught:
        load_rules(folder)
    problems = caught.value.problems
    assert problems
    assert all(Path(problem.file).name == "desk.yaml" for problem in problems)
    if case["line"] is not None:
        assert case["line"] in {problem.line for problem in problems}
    said = "\n".join(f"{problem.path}: {problem.message}" for problem in problems)
    assert all(word in said for word in case["words"]), said
    assert "secret" not in said


def test_all_problems_are_reported_in_one_pass(tmp_path: Path) -> None:
    text = MATCH + "severity: high\n    where: {theme: countererrorism, contry: KAZ}\n    throttle: soon"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("rules: [{name: two, kind: mach}]", encoding="utf-8")
    with pytest.raises(RuleSetError) as caught:
        load_rules(tmp_path)
    assert {(Path(problem.file).name, problem.line) for problem in caught.value.problems} == {
        ("a.yaml", 4),
        ("a.yaml", 5),
        ("a.yaml", 6),
        ("b.yaml", 1),
    }
    assert len(caught.value.problems) == 5


ACCEPTED = {
    "no is a word": MATCH + "where: {text: no}",
    "a date is a word": MATCH + "where: {text: 2020-01-01}",
    "a state's throttle of nothing, as by default": "rules: [{name: a, kind: flatline, window: 1h, throttle: 0}]",
    "durations": FREQUENCY + "throttle: 1d12h",
    "weeks": FREQUENCY + "throttle: 2w",
    "free info": MATCH + "info: {author: me, references: [a, b], depth: {more: 1}}",
    "schedules in a list": MATCH + "schedule: [{timezone: UTC, days: [mon]}, {timezone: UTC, hours: '22:00-02:00'}]",
    "defaults that a kind does not have": "defaults: {window: 1d, at_least: 3}\n" + MATCH + "severity: info",
    "an empty file": "",
    "comments alone": "# nothing yet\n",
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_valid_rules_are_accepted(tmp_path: Path, text: str) -> None:
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    load_rules(tmp_path)
