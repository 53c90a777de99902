"""One reader reads every file that people write, and reports all problems in the same words."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from detectors.authoring.rule_test_files import read_tests
from detectors.loading.ruleset import load_rules
from detectors.reading.problems import RuleSetError
from detectors.reading.typed import read_yaml_file
from streams.extraction.people.registry import load_registry
from streams.extraction.text.data_files import DataFileError
from streams.extraction.themes import load_taxonomy
from streams.kafka.access import AccessError, read_roles
from streams.settings import SettingsError, load_settings


class _Step(msgspec.Struct, forbid_unknown_fields=True):
    action: Literal["READ", "WRITE"]
    weights: dict[float, tuple[str, ...]] = {}
    of: str | int = ""
    known: bool | None = None

    def __post_init__(self) -> None:
        if self.of == "nothing":
            raise ValueError("expected something")


class _File(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    steps: dict[str, _Step]
    extra: tuple[_Step | str, ...] = ()


def problems(tmp_path: Path, text: str, *, loose: bool = False) -> list[str]:
    file = tmp_path / "f.yaml"
    file.write_text(text)
    with pytest.raises(RuleSetError) as caught:
        read_yaml_file(file, _File, RuleSetError, loose=loose)
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


def test_all_problems_are_reported_in_one_pass(tmp_path: Path) -> None:
    text = """\
name: [x]
steps:
  one: {action: REED}
  two: {action: READ, weights: {x: [a], 2: [a, 5], "3": [b]}, known: maybe}
  three: {of: 1.5}
  four: {action: READ, of: nothing}
  five: {action: WRITE, wieghts: {1: [a]}}
extra: [x, {action: 3}, 4]
more: 1
"""
    assert problems(tmp_path, text) == [
        "1:7: error: name: expected a text, found a list",
        "3:17: error: steps.one.action: unknown action 'REED': expected one of READ, WRITE; did you mean 'READ'?",
        "4:33: error: steps.two.weights: expected a number as key, found the text 'x'",
        "4:48: error: steps.two.weights.2[1]: expected a text, found the number 5",
        "4:70: error: steps.two.known: expected true or false, found the text 'maybe'",
        "5:10: error: steps.three: the key 'action' is missing",
        "5:15: error: steps.three.of: expected a text or a whole number, found the number 1.5",
        "6:9: error: steps.four: expected something",
        "7:25: error: steps.five: unknown key 'wieghts'; did you mean 'weights'?",
        "8:21: error: extra[1].action: unknown action '3': expected one of READ, WRITE",
        "8:25: error: extra[2]: expected a mapping or a text, found the number 4",
        "9:1: error: unknown key 'more': expected one of extra, name, steps",
    ]


def test_loose_mode_accepts_numbers_as_texts(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("name: 2020\nsteps: {}\nextra: [1]\n")
    assert read_yaml_file(file, _File, RuleSetError, loose=True) == _File("2020", {}, ("1",))
    assert len(problems(tmp_path, file.read_text())) == 2


Read = Callable[[Path], object]
READERS: dict[str, tuple[Read, type[Exception]]] = {
    "rules": (lambda file: load_rules(file.parent), RuleSetError),
    "rule tests": (read_tests, RuleSetError),
    "registry": (load_registry, DataFileError),
    "taxonomy": (load_taxonomy, DataFileError),
    "access lists": (read_roles, AccessError),
    "settings": (load_settings, SettingsError),
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a: 1\nb: caf\xe9", ":2:1: error: not UTF-8"),
        (b"a: 1\nb: 2\na: 3", ":3:1: error: duplicate key 'a'"),
        (b"a:\n\tb: 1", ":2:1: error: not YAML: a tab; indent with spaces"),
        (b"a: &b 1", ":1:4: error: anchors are not allowed (&b)"),
        (b"[" * 20_000, ":1:41: error: nested deeper than 40 levels"),
        (b"a: 'b", "error: not YAML: "),
    ],
)
def test_all_file_kinds_report_the_same_errors(tmp_path: Path, kind: str, raw: bytes, message: str) -> None:
    read, error = READERS[kind]
    file = tmp_path / "f.yaml"
    file.write_bytes(raw)
    with pytest.raises(error) as caught:
        read(file)
    if kind == "settings":  # settings always report errors and never quote the file, which may contain secrets
        message = message.replace(" error:", "").replace(" (&b)", "").replace("error: ", "")
    lines = [line for line in str(caught.value).splitlines() if message in line]
    assert len(lines) == 1
    assert "f.yaml:" in lines[0]


@pytest.mark.parametrize("kind", ["rule tests", "registry", "taxonomy", "access lists", "settings"])
def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path, kind: str) -> None:
    read, error = READERS[kind]
    with pytest.raises(error, match=r"none.yaml:1:1: (error: )?cannot be read: No such file or directory"):
        read(tmp_path / "none.yaml")
    with pytest.raises(error, match=r":1:1: (error: )?expected a file"):
        read(tmp_path)


@pytest.mark.parametrize("kind", ["rule tests", "registry", "taxonomy", "access lists"])
def test_an_empty_file_is_an_error(tmp_path: Path, kind: str) -> None:
    read, error = READERS[kind]
    file = tmp_path / "f.yaml"
    file.write_text("# nothing\n")
    with pytest.raises(error, match=r"f.yaml:1:1: error: expected a (mapping|list), found an empty file"):
        read(file)


def test_a_file_over_the_size_limit_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.reading.files.LARGEST_FILE", 2**20)
    file = tmp_path / "f.yaml"
    file.write_bytes(b"#" * (2**20 + 1))
    for kind in ("rule tests", "registry", "taxonomy", "access lists", "settings"):
        read, error = READERS[kind]
        with pytest.raises(error, match=r"f.yaml:1:1: (error: )?larger than 1 MB"):
            read(file)
