"""The reference for rule writers: every block of YAML loads, its alert is the one shown, and it names all that exists."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml
from rich.console import Console

from detectors.authoring.rule_tests import run_file
from detectors.conditions.fields import FIELDS, PARTY
from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
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
from detectors.vocabulary import EVENT_STATUSES, event_types
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import Enricher, Record, reader_of_text
from streams.sinks.terminal import alert_block
from tests.integration.docs.blocks import blocks_of, compare

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "rules"
DOCUMENT = ROOT / "docs" / "rules.md"
REFERENCE = DOCUMENT.read_text(encoding="utf-8")
IN_YAML = [block for block in blocks_of(DOCUMENT) if block.language == "yaml"]
BLOCKS = [block.text for block in IN_YAML]
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


def test_every_block_loads_without_warnings(rules: RuleSet) -> None:
    assert len(BLOCKS) > 15
    doubtful = [str(one) for one in rules.warnings if not one.path.startswith("lists.")]
    # the one that shows what `not_in` means, and the same condition shown again at its kind
    assert [one for one in doubtful if "outside the list" not in one and "the same kind" not in one] == []


def test_schema_accepts_every_block() -> None:
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


@pytest.fixture(scope="module")
def alerts(rules: RuleSet) -> dict[str, Alert]:
    """The first alert of each rule for the example articles."""
    lines = (ROOT / "docs" / "examples" / "kinds.jsonl").read_bytes().splitlines()
    end = datetime(2025, 3, 30, tzinfo=UTC)
    running = Scan(Engine(rules))
    first: dict[str, Alert] = {}
    for article in Enricher(Extractor()).enrich([Record(value=line, timestamp=end) for line in lines]):
        for firing in running.feed(article):
            first.setdefault(firing.alert.rule, firing.alert)
    for firing in running.until(end):
        first.setdefault(firing.alert.rule, firing.alert)
    return first


def test_each_kind_shows_the_alert_of_its_example(alerts: dict[str, Alert]) -> None:
    shown = set()
    for block in IN_YAML:
        if block.output is None:
            continue
        name = next(rule["name"] for rule in yaml.safe_load(block.text)["rules"] if rule.get("publish", True))
        terminal = Console(file=io.StringIO(), width=100, no_color=True)
        terminal.print(alert_block(alerts[name]))
        compare(block, terminal.file.getvalue())
        shown.add(alerts[name].kind)
    assert shown == set(kinds())


def test_each_kind_has_an_example_and_all_its_keys_are_mentioned(rules: RuleSet) -> None:
    shown = {rule.kind.NAME for rule in rules.rules if rule.name.startswith("k-")}
    assert shown == set(kinds())
    for kind in kinds().values():
        for key in keys_of(kind):
            assert f"`{key}`" in REFERENCE or f"`{key}:" in REFERENCE, f"{kind.NAME}: {key}"


@pytest.mark.parametrize(
    "names",
    [set(keys_of(Rule)), set(FIELDS), set(FIELDS["event"].attributes), set(PARTY.attributes), set(event_types()),
     set(EVENT_STATUSES), set(GROUP_FIELDS), NAMES, set(Alert.__struct_fields__) - {"version"},
     set(Evidence.__struct_fields__), {field.encode_name for field in msgspec.structs.fields(EvidenceSpan)}],
    ids=["keys", "fields", "events", "parties", "types", "statuses", "groups", "templates", "record", "evidence", "spans"],
)  # fmt: skip
def test_it_mentions_everything(names: set[str]) -> None:
    assert {name for name in names if f"`{name}`" not in REFERENCE} == set()
