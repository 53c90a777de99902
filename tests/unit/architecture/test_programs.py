"""The programs of the tests that CI does not run: one that cannot be imported any more is found here."""

from importlib import import_module
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
PROGRAMS = sorted(path for folder in ("bench", "chaos", "fuzz", "soak") for path in (TESTS / folder).glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_program_of_the_tests_finds_what_it_imports(path: Path) -> None:
    module = import_module(".".join(("tests", path.parent.name, path.stem)))
    assert module.__file__ == str(path)
