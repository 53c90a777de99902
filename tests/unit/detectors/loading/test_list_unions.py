"""Lists made of lists, and overrides that change the lists of other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.loading.ruleset import RuleSetError, load_rules

LISTS = "lists: {a: [KAZ, KGZ], b: [UZB], "
USE = "rules: [{name: one, kind: match, where: {country: {in: c}}}]"


def countries(folder: Path, text: str, more: str = "") -> set[str]:
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    if more:
        (folder / "more.yaml").write_text(more, encoding="utf-8")
    found = load_rules(folder, linting=True)
    assert found.warnings == ()
    ((_, whole),) = found.rules[0].where.tests  # type: ignore[attr-defined]
    return set(whole.names)


def test_a_union_with_entries_more_and_less(tmp_path: Path) -> None:
    union = f"{LISTS}c: {{lists: [a, b], add: [TJK], remove: [KGZ]}}}}\n{USE}"
    assert countries(tmp_path, union) == {"kaz", "uzb", "tjk"}


def test_a_union_of_unions_in_any_order(tmp_path: Path) -> None:
    text = f"{LISTS}c: {{lists: [d, a]}}, d: {{lists: [b, e]}}, e: {{lists: a}}}}\n{USE}"
    assert countries(tmp_path, text) == {"kaz", "kgz", "uzb"}


def test_an_override_appends_to_a_list_of_another_file(tmp_path: Path) -> None:
    more = "overrides: [{lists: [a], add: {entries: [TJK]}, remove: {entries: [KAZ]}}]"
    assert countries(tmp_path, f"{LISTS}c: {{lists: [a, b]}}}}\n{USE}", more) == {"kgz", "tjk", "uzb"}


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ("c: {lists: [d]}", "unknown list 'd'"),
        ("c: {lists: [list_b]}, list_a: [KAZ]", "unknown list 'list_b'; did you mean 'list_a'?"),
        ("c: {lists: [d]}, d: {lists: [c]}", "lists form a cycle: c -> d -> c"),
        ("c: {add: [KAZ]}", "the key 'lists' is missing"),
        ("c: {lists: [a], plus: [KAZ]}", "unknown key 'plus'"),
    ],
)
def test_what_is_refused(tmp_path: Path, lists: str, said: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        countries(tmp_path, f"{LISTS}{lists}}}\n{USE}")
    assert said in caught.value.problems[0].message


def test_an_override_of_a_list_that_is_none(tmp_path: Path) -> None:
    more = "overrides: [{lists: [x], add: {entries: [TJK]}}]"
    with pytest.raises(RuleSetError, match="unknown list 'x'"):
        countries(tmp_path, f"{LISTS}c: [TJK]}}\n{USE}", more)


def test_an_entry_that_is_not_there_to_remove(tmp_path: Path) -> None:
    text = f"{LISTS}c: {{lists: [a], remove: [UZB]}}}}\n{USE}"
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    assert "none of the lists has the entry 'UZB'" in [one.message for one in load_rules(tmp_path).warnings]
