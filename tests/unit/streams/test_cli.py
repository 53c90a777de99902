"""Each command explains itself; errors that a user can mend are one message and exit status 2."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from streams.cli import app

GROUP = typer.main.get_command(app)


def paths(command: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    children = getattr(command, "commands", None)
    if children is None:
        return [path]
    return [found for name, child in children.items() for found in paths(child, (*path, name))]


@pytest.mark.parametrize("path", paths(GROUP), ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    assert f"newswatch {' '.join(path)}" in " ".join(result.output.split())
    assert "Example" in result.output


def newswatch(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "streams.cli", *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "nowhere.jsonl"], "nowhere.jsonl: No such file"),
        (["scan", "nowhere.jsonl", "--rules", "nowhere"], "nowhere: no such folder"),
        (["worker", "--set", "broker=x"], "did you mean 'brokers'?"),
        (["worker", "--set", "partitions"], "expected NAME=VALUE"),
        (["worker", "--brokers", "127.0.0.1:1"], "no Kafka broker answers at 127.0.0.1:1"),
        (["ingest", "-", "--brokers", "127.0.0.1:1"], "no Kafka broker answers at 127.0.0.1:1"),
        (["scan", "x.jsonl", "--until", "tomorrow"], "expected an RFC 3339 time"),
    ],
)
def test_what_a_user_can_mend_is_one_message(arguments: list[str], says: str, tmp_path: Path) -> None:
    del tmp_path
    done = newswatch(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["extract", "--json"], ["scan"]], ids=["extract", "scan"])
def test_a_line_that_is_no_article_is_named_with_its_file_and_line(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    file.write_text('{"text": "One."}\n\nnot JSON\n{"text": 5}\n{"text": "Two.", "meta": {"a": [1]}}\n')
    done = newswatch(*command, str(file))
    assert done.returncode == 0
    said = " ".join(done.stderr.split())
    assert f"{file.name}:3: not_json: expected a JSON object" in said
    assert f"{file.name}:4: wrong_type: field 'text': expected a string, found a number" in said
    assert f"{file.name}:5: wrong_type: field 'meta[...]': expected true or false or a number or a string" in said
    assert "3 records are no articles" in said


def test_the_version_is_printed() -> None:
    assert newswatch("--version").stdout.strip() == "0.1.0"
