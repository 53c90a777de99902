"""Every command has help; an error that a user can fix is one message and exit status 2."""

import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
import typer
from typer.testing import CliRunner

from streams.cli import app
from tests.rigs.command import newswatch

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


#: The commands, without the ten-second wait for a broker where nothing listens.
IMPATIENT = "from streams import cli; from streams.kafka import clients; clients.BOOTSTRAP_MS = 500; cli.main()"


def process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scan", "nowhere.jsonl"], "nowhere.jsonl: No such file"),
        (["scan", "nowhere.jsonl", "--rules", "nowhere"], "nowhere: no such folder"),
        (["worker", "--set", "broker=x"], "did you mean 'brokers'?"),
        (["worker", "--set", "partitions"], "expected NAME=VALUE"),
        (["scan", "x.jsonl", "--until", "tomorrow"], "expected an RFC 3339 time"),
    ],
)
def test_an_error_that_a_user_can_fix_is_one_message(arguments: list[str], says: str, tmp_path: Path) -> None:
    del tmp_path
    check_refusal(newswatch(*arguments), says)


@pytest.mark.parametrize(
    "command", [["worker", "--set", "broker_wait_seconds=0"], ["ingest", "-"]], ids=["worker", "ingest"]
)
def test_a_broker_that_does_not_answer_is_named(command: list[str]) -> None:
    done = process("-c", IMPATIENT, *command, "--brokers", "127.0.0.1:1")
    check_refusal(done, "no Kafka broker answers at 127.0.0.1:1")


def check_refusal(done: subprocess.CompletedProcess[str], says: str) -> None:
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["extract", "--json"], ["scan"]], ids=["extract", "scan"])
def test_a_line_that_is_not_an_article_is_reported_with_file_and_line(
    command: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "articles.jsonl"
    file.write_text('{"text": "One."}\n\nnot JSON\n{"text": 5}\n{"text": "Two.", "title": true, "published_at": "x"}\n')
    done = newswatch(*command, str(file))
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert f"{file.name}:3: not_json: expected a JSON object" in said
    assert f"{file.name}:4: wrong_type: field 'text': expected a string, found a number" in said
    assert f"{file.name}:5: cannot read the date 'x'" in caplog.text
    assert "2 records are not articles" in said


def test_the_version_is_printed() -> None:
    assert process("-m", "streams.cli", "--version").stdout.strip() == "0.2.0"


def test_a_scan_reports_that_limits_were_reached(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("rules: [{name: r, kind: frequency, window: 10h, at_least: 9}]")
    articles = tmp_path / "articles.jsonl"
    articles.write_text(
        "".join(f'{{"published_at": "2020-01-01T00:0{number}:00Z", "text": "{number}"}}\n' for number in range(5))
    )
    command = ["scan", str(articles), "--rules", str(tmp_path)]
    assert "bound" not in CliRunner().invoke(app, command).stderr
    with patch("detectors.facts.facts.MOST_FACTS", 3):
        assert "rules reached limits 2 times" in CliRunner().invoke(app, command).stderr


def test_a_scan_takes_articles_in_order_of_time(tmp_path: Path) -> None:
    """As feeds and exports have them, newest first."""
    (tmp_path / "desk.yaml").write_text(
        "rules: [{name: r, kind: frequency, window: 7d, at_least: 2, where: {text: attack}}]"
    )
    days = [f"2025-03-{day:02}" for day in range(5, 0, -2)]
    lines = [json.dumps({"id": day, "text": f"Attack on {day}.", "published_at": day}) for day in days]
    shown = []
    for name, ordered in (("newest.jsonl", lines), ("oldest.jsonl", lines[::-1])):
        (tmp_path / name).write_text("\n".join(ordered))
        done = CliRunner().invoke(app, ["scan", str(tmp_path / name), "--rules", str(tmp_path)])
        assert done.exit_code == 0, done.output
        shown.append([json.loads(line)["id"] for line in done.stdout.splitlines()])
    assert shown[0] == shown[1] != []


def test_a_dry_run_needs_no_broker_and_tells_the_totals(tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    file.write_text('{"title": "A flood"}\n{"text": 5}\n{"text": "Old.", "date": "2019-01-01"}\n')
    done = CliRunner().invoke(app, ["ingest", str(file), "--dry-run", "--since", "2020-01-01T00:00:00Z"])
    assert done.exit_code == 2
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["A flood"]
    assert "3 records read (1 outside of the times; wrong_type 1); 1 article would be sent" in done.stderr
