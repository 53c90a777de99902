"""Tests mirror the tree: `tests/unit/ROOM/test_MODULE.py` is about the module of that room, or about the room itself."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = sorted(
    path.relative_to(ROOT / "tests" / kind)
    for kind in ("unit", "property")
    for package in ("detectors", "streams")
    for path in (ROOT / "tests" / kind / package).rglob("test_*.py")
)
#: How the names of tests begin that are about several modules of their room, and why they are not divided.
ACROSS = {
    "detectors/engine/test_bounds": "bounds of an article and an alert, from matching to firing",
    "detectors/engine/test_failures": "a detector that fails, from the machine to the step of a partition",
    "detectors/engine/test_rule_edits": "what an edit does to a rule's state: identity, facts and alerts together",
    "detectors/engine/test_upgrade": "state of an earlier release, read by the whole engine",
    "detectors/kinds/test_counting_kinds": "keys, defaults and bounds that several kinds share",
    "streams/transport/test_frontier": "what of Faust and the clients is reached into, against the libraries themselves",
    "streams/monitoring/test_metric_names": "the names that dashboards and alert rules of a release hang on",
    "streams/records/test_wire": "every record, beside those that a release wrote",
}


def complaint(test: Path) -> str:
    """What is wrong with a test's place or name; nothing if all is well."""
    module = test.stem.removeprefix("test_")
    found = [
        path
        for package in ("detectors", "streams")
        for path in (*(ROOT / package).rglob(f"{module}.py"), *(ROOT / package).rglob(module))
    ]
    rooms = sorted({str(path.parent.relative_to(ROOT)) for path in found if path.name != "__pycache__"})
    where = f"; {module} is in {' and '.join(rooms)}" if rooms else ""
    if not (ROOT / test.parent).is_dir():
        return f"{test}: there is no room {test.parent}{where}"
    if module == test.parent.name or str(test.parent) in rooms or str(test).startswith(tuple(ACROSS)):
        return ""
    return f"{test}: {test.parent} has no module {module}{where}; if it is about several, give the reason in ACROSS"


@pytest.mark.parametrize("test", TESTS, ids=str)
def test_a_test_is_where_its_module_is(test: Path) -> None:
    assert not complaint(test)


@pytest.mark.parametrize("beginning", ACROSS)
def test_each_reason_is_still_needed(beginning: str) -> None:
    assert any(str(test).startswith(beginning) for test in TESTS)


def test_a_stray_is_shown_the_way() -> None:
    stray = Path("detectors/rules/test_tallies.py")
    assert complaint(stray).startswith(
        f"{stray}: detectors/rules has no module tallies; tallies is in detectors/facts;"
    )
    assert complaint(Path("detectors/rule/test_x.py")) == "detectors/rule/test_x.py: there is no room detectors/rule"
