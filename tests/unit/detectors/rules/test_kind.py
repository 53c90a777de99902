"""The module of every kind documents it with an example, which is a valid rule."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

from detectors.loading.ruleset import load_rules
from detectors.machines.events import EventKind
from detectors.rules.kind import Kind, keys_of, kinds
from tests.rigs.golden import RELEASES

HEARD = """
  - {name: protests-surge, kind: frequency, where: {theme: protest_unrest}, window: 1d, at_least: 3, group_by: [country]}
  - {name: arrests-surge, kind: match, where: {text: arrested}, once_per: country, tags: [internet-cut]}
"""


@pytest.mark.parametrize("name", kinds())
def test_documented_example_is_a_rule_of_its_kind(name: str, tmp_path: Path) -> None:
    documentation = sys.modules[kinds()[name].__module__].__doc__ or ""
    (example,) = re.findall(r"```yaml\n(.*?)```", documentation, re.DOTALL)
    rule = indent(example, "    ").replace("    ", "  - ", 1)
    lists = "lists: {central_asia: [KAZ, KGZ, TJK, TKM, UZB], watched: [a, b]}"
    (tmp_path / "rules.yaml").write_text(f"{lists}\nrules:\n{rule}{HEARD}")
    first = next(one for one in load_rules(tmp_path).rules if one.name not in HEARD)
    assert name == first.kind.NAME


def test_there_are_fifteen_kinds() -> None:
    assert sorted(kinds()) == [
        "absence",
        "cardinality",
        "chain",
        "change",
        "corroborated",
        "digest",
        "flatline",
        "frequency",
        "match",
        "metric",
        "new_term",
        "ratio",
        "sequence",
        "spike",
        "together",
    ]


@pytest.mark.parametrize(
    ("key", "hook"),
    [
        ("group_by", lambda kind: kind.group_fields()),
        ("of", lambda kind: kind.value_field()),
        ("distinct", lambda kind: kind.count_unit()),
        ("window", lambda kind: kind.span()),
        ("within", lambda kind: kind.span()),
    ],
)
def test_kind_with_a_key_implements_its_hook(key: str, hook: Callable[[Kind], object]) -> None:
    rules = [rule for release in RELEASES for rule in load_rules(release / "rules").rules]
    having = [rule.kind for rule in rules if key in keys_of(type(rule.kind)) and rule.kind.READS_ARTICLES]
    assert having
    for kind in having:
        assert hook(kind) == getattr(kind, key), kind.NAME


def test_events_with_at_least_return_its_levels() -> None:
    rules = [rule for release in RELEASES for rule in load_rules(release / "rules").rules]
    events = [rule.kind for rule in rules if isinstance(rule.kind, EventKind)]
    assert {kind.NAME for kind in events if kind.levels_counted() is not None} == {
        kind.NAME for kind in events if getattr(kind, "at_least", None) is not None
    }
