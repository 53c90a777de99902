"""Errors in a taxonomy or registry name the file, line, column, field and nearest valid name."""

from pathlib import Path

import pytest

from streams.extraction.people.registry import load_registry
from streams.extraction.text.data_files import DataFileError
from streams.extraction.themes import load_taxonomy

TAXONOMY = """\
cyber:
  terms: {3: [hack], x: [worm]}
other:
  terms: {2: [a, 5]}
  negativ: [x]
third:
  terms: {"2": [a]}
  patterns: {1: ['(a']}
fourth: [1]
fifth:
  terms: {2: [b]}
  treshold: 3
"""
REGISTRY = """\
- {name: A B, offices: [{role: President, class: head_of_stat, country: USA}]}
- {name: A C, offices: [{role: President, class: head_of_state, from: soon}]}
- name: A D
  offices:
    - {role: President, class: head_of_state}
    - {role: President, class: head_of_state, untill: 2020}
- {nam: A C}
- {name: 5}
"""


def problems_of(load: object, tmp_path: Path, text: str | bytes) -> list[str]:
    file = tmp_path / "data.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataFileError) as caught:
        load(file)  # type: ignore[operator]
    lines = str(caught.value).splitlines()
    assert all(line.startswith(str(file)) for line in lines)
    return [line.removeprefix(str(file)) for line in lines]


def test_reports_all_errors_of_a_taxonomy(tmp_path: Path) -> None:
    lines = problems_of(load_taxonomy, tmp_path, TAXONOMY)
    assert [line.split(" error: ")[0] for line in lines] == [
        ":2:22:", ":4:18:", ":5:3:", ":7:3:", ":9:9:", ":12:3:",
    ]  # fmt: skip
    assert lines[0].endswith("cyber.terms: expected a number as key, found the text 'x'")
    assert lines[1].endswith("other.terms.2[1]: expected a text, found the number 5")
    assert lines[2].endswith("other: unknown key 'negativ': expected one of against, patterns, terms, threshold")
    assert "third: expected an RE2 pattern, found '(a'" in lines[3]
    assert lines[4].endswith("fourth: expected a mapping, found a list")
    assert lines[5].endswith("fifth: unknown key 'treshold'; did you mean 'threshold'?")


def test_reports_all_errors_of_a_registry(tmp_path: Path) -> None:
    lines = problems_of(load_registry, tmp_path, REGISTRY)
    assert [line.split(":")[1] for line in lines] == ["1", "2", "6", "7", "7", "8"]
    assert lines[0].endswith("did you mean 'head_of_state'?")
    assert "[1].offices[0]: expected a year or a date such as 2020-01-31, found 'soon'" in lines[1]
    assert "[2].offices[1]: unknown key 'untill'" in lines[2]
    assert lines[3].endswith("[3]: the key 'name' is missing")
    assert lines[4].endswith("[3]: unknown key 'nam'; did you mean 'name'?")
    assert lines[5].endswith("[4].name: expected a text, found the number 5")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1", "not YAML"),
        ("", "found an empty file"),
        ("a: {terms: {1: [x]}}\na: {terms: {1: [y]}}", "'a'"),
        (b"a: caf\xe9", "not UTF-8"),
        ("[1, 2]", "expected a mapping, found a list"),
    ],
)
def test_rejects_a_file_that_is_not_a_taxonomy(tmp_path: Path, text: str | bytes, says: str) -> None:
    assert says in problems_of(load_taxonomy, tmp_path, text)[0]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"none.yaml:1:1: error: cannot be read: No such file or directory"):
        load_registry(tmp_path / "none.yaml")
