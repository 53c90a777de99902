"""Each dependency is justified in one line of CONTRIBUTING.md, and pinned in constraints.txt."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def declared() -> set[str]:
    groups = PROJECT["dependency-groups"].values()
    everything = [*PROJECT["project"]["dependencies"], *(line for group in groups for line in group)]
    return {re.split(r"[<>=~!;\[ ]", requirement)[0] for requirement in everything}


def test_every_dependency_is_justified() -> None:
    table = CONTRIBUTING.split("## Dependencies")[1]
    assert set(re.findall(r"`([a-z0-9-]+)`(?=[^|\n]*\|)", table)) == declared()


def test_every_dependency_is_pinned_without_an_address() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert declared() <= pinned
