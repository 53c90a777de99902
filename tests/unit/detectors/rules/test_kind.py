"""Every kind's module documents it with one example, which is read here as a rule."""

import re
import sys
from pathlib import Path
from textwrap import indent

import pytest

from detectors.loading.ruleset import load_rules
from detectors.rules.kind import kinds

HEARD = """
  - {name: protests-surge, kind: frequency, where: {theme: protest_unrest}, window: 1d, at_least: 3, group_by: [country]}
  - {name: arrests-surge, kind: match, where: {text: arrested}, once_per: country, tags: [internet-cut]}
"""


@pytest.mark.parametrize("name", kinds())
def test_the_documented_example_is_a_rule_of_its_kind(name: str, tmp_path: Path) -> None:
    documentation = sys.modules[kinds()[name].__module__].__doc__ or ""
    (example,) = re.findall(r"```yaml\n(.*?)```", documentation, re.DOTALL)
    rule = indent(example, "    ").replace("    ", "  - ", 1)
    lists = "lists: {central_asia: [KAZ, KGZ, TJK, TKM, UZB], watched: [a, b]}"
    (tmp_path / "rules.yaml").write_text(f"{lists}\nrules:\n{rule}{HEARD}")
    first = next(one for one in load_rules(tmp_path).rules if one.name not in HEARD)
    assert name == first.kind.NAME


def test_there_are_fourteen_kinds() -> None:
    assert sorted(kinds()) == [
        "absence",
        "cardinality",
        "chain",
        "change",
        "corroborated",
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
