"""The unit tests of the shipped rules, on real extraction."""

from pathlib import Path

import pytest

from detectors.authoring.rule_tests import TestResult, run_file, test_files
from detectors.loading.ruleset import load_rules
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import reader_of_text

RULES = Path(__file__).parents[3] / "deploy" / "rules"
FILES = test_files(RULES)


@pytest.fixture(scope="module")
def results() -> list[TestResult]:
    rules, extract = load_rules(RULES), reader_of_text(Extractor())
    return [result for file in FILES for result in run_file(file, rules, extract)]


def test_every_unit_test_passes(results: list[TestResult]) -> None:
    assert len(results) >= 30
    assert [(result.name, result.problems) for result in results if not result.passed] == []
    assert [(result.name, result.warnings) for result in results if result.warnings] == []


def test_every_file_of_rules_has_unit_tests() -> None:
    tested = {file.name.removesuffix(".test.yaml") for file in FILES}
    with_rules = {
        file.stem for file in RULES.glob("*.yaml") if "rules:" in file.read_text() and ".test" not in file.name
    }
    assert with_rules == tested
