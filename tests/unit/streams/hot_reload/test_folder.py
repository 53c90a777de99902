"""The rules folder: what counts as a change, and what may not hold up a running worker."""

import time
from pathlib import Path

import pytest

from streams.hot_reload.folder import RulesFolder

RULE = "rules: [{{name: {}, kind: match, where: {{text: flood}}}}]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULE.format("one"))
    return tmp_path


def names(folder: RulesFolder) -> list[str] | None:
    change = folder.poll()
    return None if change is None or change.rules is None else [rule.name for rule in change.rules.rules]


def test_links_to_folders_are_not_entered(folder: Path) -> None:
    """Two links to `.` are 2**40 paths; a link to `/` is the whole disk."""
    rules = RulesFolder(folder)
    rules.load()
    for name, to in (("l1", "."), ("l2", "."), ("root", "/"), ("up", "..")):
        (folder / name).symlink_to(to)
    started = time.process_time()
    assert names(rules) == ["one"]
    assert names(rules) is None
    assert time.process_time() - started < 20


def test_the_update_of_a_config_map_is_one_change(tmp_path: Path) -> None:
    """Kubernetes swaps the link ``..data``; the files are links through it."""
    for version in ("one", "two"):
        (tmp_path / f"..{version}").mkdir()
        (tmp_path / f"..{version}" / "rules.yaml").write_text(RULE.format(version))
    (tmp_path / "..data").symlink_to("..one")
    (tmp_path / "rules.yaml").symlink_to("..data/rules.yaml")
    rules = RulesFolder(tmp_path)
    assert [rule.name for rule in rules.load().rules] == ["one"]
    (tmp_path / "..new").symlink_to("..two")
    (tmp_path / "..new").replace(tmp_path / "..data")
    assert names(rules) == ["two"]
    assert names(rules) is None


def test_a_change_that_loads_in_time_is_loaded(folder: Path) -> None:
    rules = RulesFolder(folder, seconds=60)
    rules.load()
    (folder / "rules.yaml").write_text(RULE.format("second"))
    assert names(rules) == ["second"]


def test_a_change_that_takes_too_long_is_refused_once_with_the_setting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = RulesFolder(folder, seconds=0.001)
    rules.load()
    (folder / "rules.yaml").write_text(RULE.format("second"))
    monkeypatch.setattr("streams.hot_reload.folder.load_rules", None)  # it is not loaded here
    change = rules.poll()
    assert change is not None
    assert "takes more than 0.001 s (rules_load_seconds)" in str(change.error)
    assert rules.poll() is None


def test_a_change_that_ends_the_process_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = RulesFolder(folder, seconds=60)
    rules.load()
    (folder / "rules.yaml").write_text(RULE.format("second"))
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # no Python process starts
    change = rules.poll()
    assert change is not None
    assert "loading the changed rules fails with status" in str(change.error)
