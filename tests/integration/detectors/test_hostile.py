"""Hostile files: rejected with a clear message, in bounded time and memory; the active rules stay."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from detectors.loading.ruleset import RuleSetError, load_rules
from streams.hot_reload.folder import RulesFolder

pytestmark = pytest.mark.alone

GOOD = "rules: [{name: one, kind: match, where: {text: coup}}]\n"
MATCH = "rules:\n  - name: one\n    kind: match\n    "
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9)
)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "not UTF-8": (b"rules: []\n# caf\xe9", "desk.yaml:2:1: error: not UTF-8"),
    "a null byte": (b"rules:\n - {name: a\x00b}", "desk.yaml:2:12: error: not YAML: control characters"),
    "a bomb": (BOMB, "desk.yaml:1:4: error: anchors are not allowed (&a)"),
    "an alias": (b"a: *b", "aliases are not allowed (*b)"),
    "a merge": (b"rules: [{<<: {name: a}, kind: match}]", "unknown key '<<'"),
    "a tag": (b"a: !!python/object/apply:os.system [ls]", "tags are not allowed"),
    "two documents": (b"rules: []\n---\nrules: []\n", "one document in a file"),
    "deep nesting": (b"rules: " + b"[" * 200_000, "nested deeper than 40 levels"),
    "deep conditions": (MATCH.encode() + b"where: " + b"{not: " * 5_000 + b"{text: a}" + b"}" * 5_000, "nested deeper"),
    "a long number": (
        MATCH.encode() + b"where: {theme: {score: " + b"9" * 1_000_000 + b"}}",
        "at most 1000 characters",
    ),
    "a huge number": (b"rules: [{name: a, kind: frequency, window: 1d, at_least: 1e999}]", "a whole number"),
    "a huge duration": (b"rules: [{name: a, kind: frequency, at_least: 1, window: 999999999w}]", "hundred years"),
    "a long word": (MATCH.encode() + b"where: {text: " + b"a" * 1_000_000 + b"}", "at most 1000 characters"),
    "a long pattern": (MATCH.encode() + b"where: {text: {matches: '" + b"a?" * 500_000 + b"'}}", "at most"),
    "a pattern too large for RE2": (MATCH.encode() + b"where: {text: {matches: '((a{1,999}){1,999}){1,999}'}}", "RE2"),
    "a key twice": (b"rules: []\nrules: []\n", "desk.yaml:2:1: error: duplicate key 'rules'"),
    "a list as key": (b"{[a]: b}", "expected a word as key"),
    "a million wrong lines": (b"rules:\n" + b"  - {name: a, kind: mach}\n" * 100_000, "more than 1000 problems"),
    "a word": (b"rules", "expected a mapping"),
    "unclosed": (b"rules: [", "not YAML"),
    "a tab": (b"rules:\n\t- a", "desk.yaml:2:1: error: not YAML"),
}


@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_rejected_at_once(tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / "desk.yaml").write_bytes(text)
    started = time.monotonic()
    with pytest.raises(RuleSetError) as caught:
        load_rules(tmp_path, linting=True)
    assert time.monotonic() - started < 20
    assert said in str(caught.value)
    assert all(len(str(problem)) < 2000 for problem in caught.value.problems)


def test_yaml_bomb_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_bytes(BOMB)
    code = (
        "import resource, sys; from pathlib import Path; from detectors.loading.ruleset import *\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: load_rules(Path(sys.argv[1]))\n"
        "except RuleSetError: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 50_000  # kB


def test_a_catastrophic_pattern_takes_linear_time(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from detectors.engine.matching import Engine
    from detectors.model.article import EnrichedArticle

    (tmp_path / "desk.yaml").write_text(MATCH + "where: {text: {matches: '(a+)+$'}}", encoding="utf-8")
    now = datetime(2020, 1, 1, tzinfo=UTC)
    article = EnrichedArticle(id="a", text="a" * 500_000 + "!", received_at=now, event_time=now)
    started = time.monotonic()
    assert Engine(load_rules(tmp_path)).matching(article) == []
    assert time.monotonic() - started < 10


def test_ten_thousand_rules_with_a_hundred_thousand_lines_load_soon(tmp_path: Path) -> None:
    rule = "  - name: r{n}\n    kind: match\n    where:\n      text:\n        - word{n}\n" + "        - more{n}x\n" * 5
    text = "rules:\n" + "".join(rule.replace("{n}", str(n)) for n in range(10_000))
    assert text.count("\n") > 100_000
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    started = time.monotonic()
    assert len(load_rules(tmp_path).rules) == 10_000
    assert time.monotonic() - started < 30


def test_lists_of_a_hundred_thousand_entries_in_many_rules(tmp_path: Path) -> None:
    """The list is read and stored once, however many rules use it."""
    names = "\n".join(f"Person{n} Name{n} | P{n} Name{n}  # {n}" for n in range(100_000))
    (tmp_path / "names.txt").write_text(names, encoding="utf-8")
    rules = "\n".join(
        f"  - {{name: r{n}, kind: match, where: {{text: {{in: names}}, official: {{in: names}}, source: s{n}}}}}"
        for n in range(100)
    )
    (tmp_path / "desk.yaml").write_text(f"lists: {{names: {{file: names.txt}}}}\nrules:\n{rules}\n", encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    assert len(load_rules(tmp_path, linting=True).rules) == 100
    assert time.monotonic() - started < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000  # kB


class TestPlaces:
    """Files in the wrong place, or that are not regular files."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "secret.txt").write_text("secret: [\n", encoding="utf-8")
        folder = tmp_path / "rules"
        folder.mkdir()
        (folder / "desk.yaml").write_text(GOOD, encoding="utf-8")
        return folder

    def refusal(self, folder: Path) -> str:
        with pytest.raises(RuleSetError) as caught:
            load_rules(folder)
        assert "secret" not in str(caught.value)
        return str(caught.value)

    def test_a_link_out_of_the_folder(self, folder: Path) -> None:
        (folder / "more.yaml").symlink_to(folder.parent / "secret.txt")
        assert "more.yaml:1:1: error: a link that leads out of the rules folder" in self.refusal(folder)

    def test_a_list_behind_a_link_out_of_the_folder(self, folder: Path) -> None:
        (folder / "people.txt").symlink_to(folder.parent / "secret.txt")
        (folder / "list.yaml").write_text("lists: {a: {file: people.txt}}")
        assert "list.yaml:1:19: error: lists.a.file: 'people.txt': a link that leads out" in self.refusal(folder)

    @pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "a/../../secret.txt", "'a\\0b'", "''", "."])
    def test_a_list_outside_the_folder(self, folder: Path, path: str) -> None:
        (folder / "list.yaml").write_text(f"lists: {{a: {{file: {path}}}}}")
        with pytest.raises(RuleSetError) as caught:
            load_rules(folder)
        assert [problem.file for problem in caught.value.problems] == ["list.yaml"]

    def test_a_cycle_of_links(self, folder: Path) -> None:
        (folder / "a.yaml").symlink_to("b.yaml")
        (folder / "b.yaml").symlink_to("a.yaml")
        assert "a.yaml:1:1: error: cannot be read" in self.refusal(folder)

    def test_a_pipe(self, folder: Path) -> None:
        os.mkfifo(folder / "pipe.yaml")
        assert "pipe.yaml:1:1: error: expected a file" in self.refusal(folder)

    def test_links_within_the_folder_are_read_like_files(self, folder: Path) -> None:
        """Kubernetes mounts a ConfigMap this way."""
        (folder / "desk.yaml").unlink()
        version = folder / "..2026_01"
        version.mkdir()
        (version / "desk.yaml").write_text(GOOD)
        (folder / "..data").symlink_to(version.name)
        (folder / "desk.yaml").symlink_to("..data/desk.yaml")
        assert [rule.name for rule in load_rules(folder).rules] == ["one"]

    def test_ignored_rule_file_gives_a_warning(self, folder: Path) -> None:
        (folder / "more.yml").write_text(GOOD)
        (folder / "linked").symlink_to(folder)
        found = load_rules(folder).warnings
        assert [warning.file for warning in found] == ["linked", "more.yml"]
        assert all(warning.message.startswith("ignored: ") for warning in found)

    def test_files_in_subfolders_are_read_and_hidden_ones_are_not(self, folder: Path) -> None:
        for name in ("below/deeper/two.yaml", ".git/three.yaml", "below/.four.yaml", "below/five.test.yaml"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(GOOD.replace("one", Path(name).stem.strip(".").replace(".", "-")))
        assert [rule.name for rule in load_rules(folder).rules] == ["two", "one"]


def test_active_rules_stay(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(GOOD)
    folder = RulesFolder(tmp_path)
    version = folder.load().version
    for text, _ in list(HOSTILE.values())[:8]:
        file.write_bytes(text)
        change = folder.poll()
        assert change is not None
        assert change.rules is None
        assert change.error is not None
        assert folder.poll() is None  # told once
    file.write_text(GOOD + "# a comment\n")
    change = folder.poll()
    assert change is not None
    assert change.rules is not None
    assert change.rules.version != version
    assert change.rules.rules[0].state == load_rules(tmp_path).rules[0].state


def test_a_hundred_thousand_errors_are_reported_soon_and_truncated(tmp_path: Path) -> None:
    rule = "  - {name: a%d, kind: match, where: {country: Kazakstan%d, theme: energi%d}}\n"
    text = "rules:\n" + "".join(rule % (n, n, n) for n in range(100_000))
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    started = time.monotonic()
    with pytest.raises(RuleSetError) as caught:
        load_rules(tmp_path)
    assert time.monotonic() - started < 60
    assert len(caught.value.problems) == 1001
    assert any("more than 1000 problems" in problem.message for problem in caught.value.problems)


def test_a_thousand_warnings_hide_no_error(tmp_path: Path) -> None:
    doubtful = "".join(f"  - {{name: a{n}, kind: match, where: {{any: []}}}}\n" for n in range(1500))
    (tmp_path / "desk.yaml").write_text(f"rules:\n{doubtful}  - {{name: b, kind: mach}}\n", encoding="utf-8")
    with pytest.raises(RuleSetError) as caught:
        load_rules(tmp_path)
    assert ["mach" in problem.message for problem in caught.value.problems] == [True]
