"""The JSON Schema of rule files: current, valid, and in agreement with the reader on valid and invalid rules."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from detectors.loading.schema import schema_text
from detectors.reading.nodes import plain
from detectors.reading.parser import parse_yaml
from detectors.reading.problems import Problems
from detectors.rules.kind import kinds

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "deploy" / "rules" / "rules.schema.json"
RULES = sorted(path for path in (ROOT / "deploy" / "rules").glob("*.yaml") if not path.name.endswith(".test.yaml"))
LANGUAGE = sorted(
    path for path in (Path(__file__).parent / "language").glob("*.yaml") if not path.name.endswith(".test.yaml")
)
README = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def read(text: str) -> Any:
    root = parse_yaml(text, "rules.yaml", Problems())
    assert root is not None
    return plain(root)


def test_it_is_current() -> None:
    assert SCHEMA.read_text() == schema_text(), "run `newswatch rules schema > deploy/rules/rules.schema.json`"


@pytest.mark.parametrize("text", [*(path.read_text() for path in (*RULES, *LANGUAGE)), *README])
def test_valid_files_are_accepted(validator: jsonschema.Draft7Validator, text: str) -> None:
    assert [error.message for error in validator.iter_errors(read(text))] == []


def test_every_file_refers_to_it() -> None:
    for path in RULES:
        assert path.read_text().startswith("# yaml-language-server: $schema=./rules.schema.json\n")


@pytest.mark.parametrize(
    "rule",
    [
        "{kind: match}",
        "{name: x, kind: mach}",
        "{name: x, kind: match, window: 1h}",
        "{name: x, kind: frequency, window: 1h}",
        "{name: x, kind: match, where: {contry: KAZ}}",
        "{name: x, kind: match, where: {official: {clas: minister}}}",
        "{name: x, kind: match, where: {official: {class: ministre}}}",
        "{name: x, kind: match, severity: dire}",
        "{name: X y, kind: match}",
    ],
)
def test_invalid_rules_are_rejected(validator: jsonschema.Draft7Validator, rule: str) -> None:
    assert list(validator.iter_errors(read(f"rules: [{rule}]")))


def test_defaults_may_supply_required_keys(validator: jsonschema.Draft7Validator) -> None:
    rules = "rules: [{name: x, at_least: 2}]"
    assert list(validator.iter_errors(read(rules)))
    assert not list(validator.iter_errors(read("defaults: {kind: frequency, window: 1h}\n" + rules)))


def test_each_kind_has_its_keys_and_a_description(validator: jsonschema.Draft7Validator) -> None:
    definitions = validator.schema["definitions"]
    described = definitions["rule"]["properties"]["kind"]
    assert described["enum"] == list(kinds())
    for name in kinds():
        assert f"{name}: " in described["description"]
        assert definitions[f"kind-{name}"]["properties"]["where"]
