"""A rule's state id is the key of its facts in Kafka: an upgrade that changes it loses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from detectors.conditions.fields import FIELDS
from detectors.conditions.nodes import Condition, Has
from detectors.conditions.predicates import Predicate, Whole
from detectors.loading.ruleset import load_rules
from detectors.rules.identity import digest
from detectors.rules.kind import keys_of, kinds
from detectors.rules.rule import Rule
from tests.rigs.golden import RELEASES


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
def test_state_ids_of_a_release_are_unchanged(release: Path) -> None:
    ids = {rule.name: rule.state for rule in load_rules(release / "rules").rules}
    assert ids == json.loads((release / "state_ids.json").read_text())


def _golden_rules() -> list[dict[str, Any]]:
    files = [file for release in RELEASES for file in (release / "rules").glob("*.yaml")]
    return [rule for file in files for rule in yaml.safe_load(file.read_text())["rules"]]


@pytest.mark.parametrize("kind", sorted(set(kinds()) - {"digest"}))  # added after the release that wrote them
def test_the_golden_rules_use_every_key_of_a_kind(kind: str) -> None:
    used = {key for rule in _golden_rules() if rule["kind"] == kind for key in rule}
    specs = keys_of(kinds()[kind])
    assert {name for name, spec in specs.items() if not (spec.key.harmless or spec.key.later)} <= used


def test_a_key_added_later_keeps_the_state_of_rules_without_it() -> None:
    """The default of such a key is not part of the id; another value is."""
    (spec,) = [spec for name, spec in keys_of(kinds()["chain"]).items() if name == "in_order"]
    assert (spec.identifies(False), spec.identifies(True)) == (False, True)


def test_the_golden_rules_use_every_key_of_all_kinds() -> None:
    assert set(keys_of(Rule)) <= {key for rule in _golden_rules() for key in rule}


def _below(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for sub in struct.__subclasses__():
        yield sub
        yield from _below(sub)


def _structs(value: object) -> Iterator[type]:
    """The classes of a value and of everything in it."""
    if isinstance(value, msgspec.Struct):
        yield type(value)
        for name in value.__struct_fields__:
            yield from _structs(getattr(value, name))
    elif isinstance(value, tuple | list | frozenset):
        for one in value:
            yield from _structs(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _structs(key)
            yield from _structs(one)


def test_the_golden_rules_use_every_condition_and_predicate() -> None:
    rules = [rule for release in RELEASES for rule in load_rules(release / "rules").rules]
    used = {struct for rule in rules for struct in _structs((rule.where, rule.exceptions, *rule.kind.conditions()))}
    product = {struct for base in (Condition, Predicate) for struct in _below(base) if "test" not in struct.__module__}
    assert product - used == set()


def test_the_golden_rules_use_every_field_and_attribute() -> None:
    text = "\n".join(file.read_text() for release in RELEASES for file in (release / "rules").glob("*.yaml"))
    names = {name for field in FIELDS.values() for name in (field.name, *field.attributes)}
    assert {name for name in names if f"{name}:" not in text} == set()


def test_a_renamed_class_with_a_renamed_field_keeps_its_identity() -> None:
    renamed = msgspec.defstruct(
        "HasValue", [("kept_in", str, msgspec.field(name="field")), ("tests", tuple)], tag="Has", frozen=True
    )
    tests = (("code", Whole({"kaz": "KAZ"})),)
    assert digest(renamed("country", tests), {}) == digest(Has("country", tests), {})


def test_class_without_a_tag_is_rejected() -> None:
    untagged = msgspec.defstruct("Untagged", [("field", str)], bases=(Condition,), frozen=True)
    with pytest.raises(TypeError, match="Untagged needs a tag"):
        digest(untagged("country"), {})


@pytest.mark.parametrize("value", [object(), 1 + 2j, b"bytes"])
def test_value_without_a_stable_form_is_rejected(value: object) -> None:
    with pytest.raises(TypeError, match="no stable form"):
        digest((value,), {})


def test_equal_values_have_equal_digests() -> None:
    assert digest(timedelta(days=1), {}) == digest(timedelta(hours=24), {})
    assert digest(frozenset({"a", "b"}), {}) == digest(frozenset({"b", "a"}), {})
