"""The image installs only files whose hashes are known: of every package, and of the versions in constraints.txt."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = {
    name: (ROOT / "deploy" / "docker" / name).read_text() for name in ("requirements.txt", "build-requirements.txt")
}
WRITTEN = "run `make hashes`"


def pinned(text: str) -> dict[str, str]:
    """Each package, by its name as pip compares it, with its version."""
    found = re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s\\;]+)", text)
    return {canonicalize_name(name): version for name, version in found}


def closure(names: list[str]) -> Iterator[str]:
    """The packages that these need here, and theirs."""
    seen: set[str] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in seen:
            continue
        seen.add(name)
        yield name
        for line in requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in (*one.extras, "")):
                waiting.append(needed)


@pytest.mark.parametrize("name", FILES)
def test_each_version_is_that_of_the_constraints_and_has_hashes(name: str) -> None:
    lines = FILES[name].splitlines()
    assert "make hashes" in lines[1]
    constraints = pinned((ROOT / "constraints.txt").read_text())
    elsewhere = {"colorama"}  # on another system than Linux
    versions = {package: version for package, version in pinned(FILES[name]).items() if package not in elsewhere}
    assert versions == {package: constraints[package] for package in versions}, WRITTEN
    for package in re.split(r"(?m)^(?=\S)", FILES[name].split("make hashes\n")[1])[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package


def test_whatever_the_product_needs_is_there() -> None:
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["rocksdb"]]
    assert set(closure(declared)) <= set(pinned(FILES["requirements.txt"])), WRITTEN


def test_whatever_builds_it_is_there() -> None:
    built_by = [Requirement(line).name for line in PROJECT["build-system"]["requires"]]
    assert set(built_by) <= set(pinned(FILES["build-requirements.txt"])), WRITTEN


def test_the_image_installs_nothing_else() -> None:
    recipe = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    installs = re.findall(r"pip (?:install|wheel) (.*?)(?: \\)?$", recipe, re.MULTILINE)
    assert len(installs) == 4
    assert all("--require-hashes --only-binary :all: " in one or "--no-deps --no-" in one for one in installs), installs
