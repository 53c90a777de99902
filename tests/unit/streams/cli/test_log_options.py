"""`--log-level` and `--log-format`, before and after the command and by variable."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app
from tests.unit.streams.cli.test_cli import GROUP, paths


def stderr(*arguments: str, **variables: str) -> str:
    command = [sys.executable, "-m", "streams.cli", *arguments]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    return done.stderr


@pytest.mark.parametrize("path", paths(GROUP), ids=" ".join)
def test_every_command_takes_them(path: tuple[str, ...]) -> None:
    help_ = CliRunner().invoke(app, [*path, "--help"]).output
    assert "--log-level" in help_
    assert "--log-format" in help_


@pytest.mark.parametrize("words", [["--log-format", "json", "scan"], ["scan", "--log-format", "JSON"], ["scan"]])
def test_all_that_a_command_says_is_json(words: list[str], tmp_path: Path) -> None:
    variables = {"NEWSWATCH_LOG_FORMAT": "json"} if "--log-format" not in words else {}
    lines = stderr(*words, str(tmp_path / "nowhere.jsonl"), **variables, NEWSWATCH_BROKER="x").splitlines()
    found = [json.loads(line) for line in lines if line]  # the progress bar leaves an empty line
    assert [(one["level"], one["logger"]) for one in found] == [
        ("warning", "streams.settings.loading"),
        ("critical", "newswatch"),
    ]
    assert "did you mean 'NEWSWATCH_BROKERS'?" in found[0]["message"]
    assert "nowhere.jsonl: No such file" in found[1]["message"]


def test_a_level_hides_what_is_below() -> None:
    assert "NEWSWATCH_BROKER" not in stderr("scan", "nowhere.jsonl", NEWSWATCH_BROKER="x", NEWSWATCH_LOG_LEVEL="error")
