"""Phrases, patterns and list entries that hold the signs of another language."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.lints.registry import about_text
from detectors.loading.ruleset import load_rules


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("coup AND army", "'AND' is part of the phrase"),
        ("NATO OR CSTO", "write a list"),
        ("NOT army", "write none: [{text: ...}]"),
        ("coup && army", "'&&' is part of the phrase"),
        ("coup NEAR/5 army", "write near:"),
        ("coup W/3 army", "write near:"),
        ("coup army~5", "write near:"),
        ("+coup -army", "+ and - are part of the phrase"),
        ("(coup)", "remove them"),
        ("[coup]", "remove them"),
        ("cou*p", "a * counts only"),
        ("coup * army", "a * counts only"),
        ("co?p", "a ? stands for itself"),
        ("“coup”", "only quoted words meet it: remove them, as in coup"),
        ("«coup»", "as in coup"),
        ('"civil society"', "as in civil society"),
        ("'coup'", "as in coup"),
        ('coup"', "remove the single one"),
        ("/coup/i", "not a pattern"),
        (r"\bcoup\b", "not a pattern"),
        ("\bcoup\b", "control character"),
        ("title:coup", "write it as a key, as in {title: ...}"),
        ("-", "no letter or digit"),
        (".", "no letter or digit"),
        ("- Lola Y", "the dash is part of the phrase"),
        ("A. Khan | Amir Khan", "' | ' separates spellings only in the entries of lists"),
    ],
)
def test_a_phrase_that_is_not_met_as_meant(phrase: str, said: str) -> None:
    assert any(said in found for found in about_text(phrase, "phrase")), list(about_text(phrase, "phrase"))


@pytest.mark.parametrize(
    "phrase",
    [
        "coup", "cancel*", "U.S.-led", "state of emergency", "Al-Shabaab", "AT&T", "C++", "Kumar's", "rock 'n' roll",
        "OR-Tools", "Washington, D.C.", "President (acting)", "€", "Who?", "Vice-President", "N.O.T.", "ANDIJON",
        "coup d'état", "24/7", "政变", "what is to be done?", "Ali | Veli | x".partition(" | ")[0],
    ],
)  # fmt: skip
def test_an_ordinary_phrase(phrase: str) -> None:
    assert list(about_text(phrase, "phrase")) == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("\bcoup\b", r"\b in double quotes"),
        ("/coup/i", "(?i) before the pattern"),
        ("/coup/", "the slashes are part of the pattern"),
        ("(|coup)", "meets every text"),
        ("x*", "meets every text"),
    ],
)
def test_a_pattern_that_is_not_met_as_meant(pattern: str, said: str) -> None:
    assert any(said in found for found in about_text(pattern, "pattern"))


@pytest.mark.parametrize("pattern", [r"(?i)\bcoup\b", "^coup", "a/b/c", "https?://x.example/a"])
def test_an_ordinary_pattern(pattern: str) -> None:
    assert list(about_text(pattern, "pattern")) == []


def test_lines_of_a_list_file(tmp_path: Path) -> None:
    lines = ["- Lola Y", '"Aziz K"', "A|B", "Ab,Bc", "Murat #7", "#FreeLola", "# a comment", "Ok | O.K. # x", "\\#Tag"]
    (tmp_path / "people.txt").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "desk.yaml").write_text(
        "lists: {people: {file: people.txt}}\n"
        "rules: [{name: one, kind: match, where: {text: {in: people}}, once_per: term}]",
        encoding="utf-8",
    )
    found = load_rules(tmp_path, linting=True).warnings
    assert [(one.file, one.line) for one in found] == [("people.txt", line) for line in (1, 2, 3, 4, 5, 6)]
    assert "for a # in an entry write \\#FreeLola" in found[-1].message
    (rule,) = load_rules(tmp_path).rules
    assert "'#tag'" in repr(rule.where).lower()
