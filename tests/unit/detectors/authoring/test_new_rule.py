"""A first rule and its test: both valid, and the test passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.authoring.new_rule import KINDS, Draft, rule_text, unit_test_text
from detectors.authoring.rule_tests import run_file
from detectors.loading.ruleset import load_rules


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "asked",
    [
        {"text": ("coup d'état", "seiz*"), "countries": ("KZ",), "themes": ("sanctions",)},
        {"text": ("cancel*",)},
        {"countries": ("Côte d'Ivoire", "KAZ")},
    ],
)
def test_a_draft(tmp_path: Path, kind: str, asked: dict[str, tuple[str, ...]]) -> None:
    draft = Draft(name="mine", kind=kind, **asked)
    (tmp_path / "mine.yaml").write_text(rule_text(draft), encoding="utf-8")
    file = tmp_path / "mine.test.yaml"
    file.write_text(unit_test_text(draft), encoding="utf-8")
    found = load_rules(tmp_path, linting=True)
    assert found.warnings == ()
    results = list(run_file(file, found, lambda article: article))
    assert [result.problems for result in results] == [(), ()]
