"""What is imported is declared, and what is patched ends at the minor version that was tried."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OURS = {"streams", "detectors"}
#: Their undocumented parts are used: streams/transport/README.md.
PATCHED = ("aiokafka", "faust-streaming", "kafka-python", "mode-streaming")
PINNED = dict(re.findall(r"^(\S+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))


def declared() -> dict[str, Requirement]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    lines = [*PROJECT["project"]["dependencies"], *(line for extra in extras for line in extra)]
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


def imported() -> dict[str, Path]:
    """The packages of others that the product imports, by the name of the distribution, and where."""
    distributions = packages_distributions()
    found: dict[str, Path] = {}
    for path in sorted(path for package in OURS for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for top in {name.split(".")[0] for name in names} - OURS - sys.stdlib_module_names:
                (distribution,) = set(distributions[top])
                found[canonicalize_name(distribution)] = path.relative_to(ROOT)
    return found


def test_what_is_imported_is_declared() -> None:
    missing = {name: str(path) for name, path in imported().items() if name not in declared()}
    assert missing == {}


@pytest.mark.parametrize("name", PATCHED)
def test_what_is_patched_ends_at_the_minor_version_that_was_tried(name: str) -> None:
    tried = Version(PINNED[name])
    specifier = declared()[name].specifier
    assert tried in specifier
    assert Version(f"{tried.major}.{tried.minor + 1}") not in specifier


@pytest.mark.parametrize("name", sorted(declared()))
def test_what_is_declared_allows_what_is_pinned(name: str) -> None:
    pinned = {canonicalize_name(found): version for found, version in PINNED.items()}
    assert Version(pinned[name]) in declared()[name].specifier
