"""The contract of the rule language, as rules and unit tests in `language/`, which run here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from detectors.authoring.rule_tests import TestResult, run_file, test_files
from detectors.loading.ruleset import load_rules
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import reader_of_text

FOLDER = Path(__file__).parent / "language"
FILES = test_files(FOLDER)


@cache
def results() -> dict[str, list[TestResult]]:
    rules, extract = load_rules(FOLDER), reader_of_text(Extractor())
    return {file.name: list(run_file(file, rules, extract)) for file in FILES}


@pytest.mark.parametrize("file", [file.name for file in FILES])
def test_every_sentence_holds(file: str) -> None:
    wrong = {result.name: result.problems for result in results()[file] if not result.passed}
    assert wrong == {}
    assert {result.name: result.warnings for result in results()[file] if result.warnings} == {}


def test_every_rule_is_tested() -> None:
    """A rule without a test would be a statement that nothing checks."""
    for file in FILES:
        tests = file.read_text(encoding="utf-8")
        for rule in load_rules(FOLDER).rules:
            if rule.file == file.name.replace(".test.yaml", ".yaml"):
                assert rule.name in tests, rule.name


def test_the_rules_of_a_desk() -> None:
    """The examples that explain the language: one for each common request."""
    folder = FOLDER.with_name("desk")
    extract = reader_of_text(Extractor())
    (file,) = test_files(folder)
    found = list(run_file(file, load_rules(folder), extract))
    assert len(found) == 5
    assert {result.name: (result.problems, result.warnings) for result in found if not result.passed} == {}
