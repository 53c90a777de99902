"""The reference for rule writers: every block of YAML is loaded, its unit tests run, and it names all that there is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import jsonschema
import msgspec
import pytest

from detectors.authoring.rule_tests import run_file
from detectors.conditions.fields import FIELDS
from detectors.loading.ruleset import RuleSet, load_rules
from detectors.loading.schema import rule_schema
from detectors.model.alert import Alert, Evidence, EvidenceSpan
from detectors.reading.nodes import plain
from detectors.reading.parser import parse_yaml
from detectors.reading.problems import Problems
from detectors.rules.groups import GROUP_FIELDS
from detectors.rules.kind import keys_of, kinds
from detectors.rules.rule import Rule
from detectors.rules.templates import NAMES
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import reader_of_text

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "rules"
REFERENCE = (RULES / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)
TESTS = [block for block in BLOCKS if block.startswith("tests:")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    shutil.copy(RULES / "lists.yaml", folder)
    for number, block in enumerate(block for block in BLOCKS if block not in TESTS):
        (folder / f"block-{number:02}.yaml").write_text(block, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def rules(folder: Path) -> RuleSet:
    return load_rules(folder, linting=True)


def test_every_block_is_loaded_and_nothing_in_it_is_doubtful(rules: RuleSet) -> None:
    assert len(BLOCKS) > 15
    doubtful = [str(one) for one in rules.warnings if not one.path.startswith("lists.")]
    # the one that shows what `not_in` means, and the same condition shown again at its kind
    assert [one for one in doubtful if "outside the list" not in one and "the same kind" not in one] == []


def test_editors_take_every_block() -> None:
    validator = jsonschema.Draft7Validator(rule_schema())
    for block in BLOCKS:
        root = parse_yaml(block, "block", Problems())
        if block not in TESTS and root is not None:
            assert [error.message for error in validator.iter_errors(plain(root))] == [], block


def test_the_unit_tests_pass(folder: Path, rules: RuleSet) -> None:
    assert TESTS
    for number, block in enumerate(TESTS):
        file = folder / f"block-{number}.test.yaml"
        file.write_text(block, encoding="utf-8")
        for result in run_file(file, rules, reader_of_text(Extractor())):
            assert result.passed, result.problems
            assert not result.warnings


def test_each_kind_has_an_example_and_each_of_its_keys_is_named(rules: RuleSet) -> None:
    shown = {rule.kind.NAME for rule in rules.rules if rule.name.startswith("k-")}
    assert shown == set(kinds())
    for kind in kinds().values():
        for key in keys_of(kind):
            assert f"`{key}`" in REFERENCE or f"`{key}:" in REFERENCE, f"{kind.NAME}: {key}"


@pytest.mark.parametrize(
    "names",
    [set(keys_of(Rule)), set(FIELDS), set(GROUP_FIELDS), NAMES, set(Alert.__struct_fields__) - {"version"},
     set(Evidence.__struct_fields__), {field.encode_name for field in msgspec.structs.fields(EvidenceSpan)}],
    ids=["keys", "fields", "groups", "templates", "record", "evidence", "spans"],
)  # fmt: skip
def test_it_names_all(names: set[str]) -> None:
    assert {name for name in names if f"`{name}`" not in REFERENCE} == set()
