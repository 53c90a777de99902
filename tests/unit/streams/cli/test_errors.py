"""An external error is one line on standard error with place and remedy, and exit status 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kafka.errors import TopicAuthorizationFailedError
from typer.testing import CliRunner

from detectors.user_error import UserError
from streams.cli import app
from streams.cli.errors import friendly_errors

RULE = "rules: [{name: quakes, kind: match, where: {text: quake}, severity: info}]"


def refusal(*arguments: str | Path) -> str:
    """A command's message for an error that a user can fix."""
    error = CliRunner().invoke(app, list(map(str, arguments))).exception
    assert isinstance(error, UserError), repr(error)
    return str(error)


def newswatch(*arguments: str | Path, stdout: int | Path = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams.cli", *map(str, arguments)]
    if isinstance(stdout, int):
        return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120)
    with stdout.open("w") as sink:
        return newswatch(*arguments, stdout=sink.fileno())


@pytest.fixture
def article(tmp_path: Path) -> Path:
    file = tmp_path / "article.jsonl"
    file.write_text('{"id": "a", "text": "A quake."}\n')
    return file


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "desk.yaml").write_text(RULE)
    return folder


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A path that nobody can create, not even root: it is below a file."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "below"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (UserError("x.yaml:1:2: wrong"), "newswatch: x.yaml:1:2: wrong\n"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), "newswatch: x.csv: No such file or directory\n"),
        (TopicAuthorizationFailedError({"alerts"}), "newswatch: this user lacks a right on topic alerts; "),
    ],
)
def test_an_error_is_one_line_and_status_2(error: Exception, says: str) -> None:
    code = f"from streams.cli.errors import friendly_errors\nfrom {type(error).__module__} import *\n"
    code += f"with friendly_errors():\n    raise {type(error).__name__}(*{error.args[:2]!r}, *{error_file(error)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(says)
    assert done.stderr.count("\n") == 1


def error_file(error: Exception) -> tuple[str, ...]:
    name = getattr(error, "filename", None)
    return (name,) if name else ()


@pytest.mark.parametrize(
    "error", [ValueError("a defect"), OSError(107, "Transport endpoint is not connected")], ids=repr
)
def test_a_defect_keeps_its_traceback(error: Exception) -> None:
    with pytest.raises(type(error)), friendly_errors():
        raise error


def test_kafka_without_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    said = refusal("broker", "--kafka")
    assert said == (
        "Apache Kafka needs Java 17 or newer, and `java` is not on the PATH "
        "(Debian: apt-get install default-jre-headless)"
    )


@pytest.mark.parametrize("articles", [1, 2], ids=["page", "folder"])
def test_pages_that_cannot_be_written(articles: int, article: Path, unwritable: Path) -> None:
    article.write_text(article.read_text() * articles)
    said = refusal("extract", article, "--html", unwritable)
    assert said == (
        f"--html {unwritable}: cannot write {unwritable}: Not a directory; expected a path that this user may write to"
    )


def test_a_report_of_rule_tests_that_cannot_be_written(rules: Path, unwritable: Path) -> None:
    name = next(rules.glob("*.yaml"))
    name.with_name(f"{name.stem}.test.yaml").write_text("tests: [{name: silent, articles: [], alerts: []}]")
    said = refusal("rules", "test", rules, "--junit", unwritable)
    assert said.startswith(f"--junit {unwritable}: cannot write {unwritable}: Not a directory; expected")


def test_a_registry_that_cannot_be_written(tmp_path: Path, unwritable: Path) -> None:
    (tmp_path / "officials.csv").write_text("name,role\nJane Doe,foreign minister\n")
    said = refusal("officials", "import", tmp_path / "officials.csv", "--only", "-o", unwritable)
    assert said.startswith(f"--output {unwritable}: cannot write {unwritable}: Not a directory; expected")


def test_a_data_folder_that_cannot_be_made(unwritable: Path) -> None:
    said = refusal("worker", "--processes", "2", "--set", f"data_dir={unwritable}")
    assert said == f"data_dir: cannot create {unwritable}: Not a directory"


@pytest.mark.parametrize(
    ("port", "expected"), [("99999", "less than or equal to 65535"), ("0", "greater than or equal to 1")]
)
def test_a_port_out_of_range(port: str, expected: str) -> None:
    done = CliRunner().invoke(app, ["demo", "--metrics-port", port])
    assert done.exit_code == 2
    said = " ".join(done.stderr.replace("│", " ").split())
    assert f"Invalid value for '--metrics-port': Input should be {expected}" in said


def test_settings_that_are_nested_too_deeply(article: Path, tmp_path: Path) -> None:
    config = tmp_path / "deep.yaml"
    config.write_text("[" * 20_000)
    said = refusal("scan", article, "--config", config)
    assert said == f"{config}:1:41: nested deeper than 40 levels"


@pytest.mark.parametrize(
    "command", [["scan", "ARTICLE", "--rules", "RULES"], ["extract", "ARTICLE"], ["rules", "schema"]], ids=" ".join
)
def test_a_full_disk_under_standard_output(command: list[str], article: Path, rules: Path) -> None:
    places = {"ARTICLE": article, "RULES": rules}
    done = newswatch(*(places.get(word, word) for word in command), stdout=Path("/dev/full"))
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "newswatch: cannot write the output: No space left on device; the output is incomplete"
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_named_before_the_interpreter_ends(unbuffered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    code = "import sys; from streams.cli.errors import friendly_errors\n"
    code += "with friendly_errors():\n    print('small'); sys.exit(0)"
    with Path("/dev/full").open("w") as sink:
        done = subprocess.run([sys.executable, "-c", code], stdout=sink, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_closed_pipe_is_not_an_error(article: Path) -> None:
    article.write_text(article.read_text() * 50)
    read, write = os.pipe()
    os.close(read)
    done = newswatch("extract", "--json", article, stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_rule_is_named_with_the_nearest_one(article: Path, rules: Path) -> None:
    said = refusal("rules", "explain", article, "--rules", rules, "--rule", "quake")
    assert said == "--rule quake: no such rule; did you mean 'quakes'?"


def test_an_unknown_article_id(article: Path, rules: Path) -> None:
    assert refusal("rules", "explain", article, "--rules", rules, "--id", "z") == f"{article}: no article with the id z"


def test_nothing_to_show_on_a_page(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    page = tmp_path / "page.html"
    assert refusal("extract", tmp_path / "empty.jsonl", "--html", page) == f"--html {page}: no article to show"
    assert not page.exists()


@pytest.mark.parametrize(
    ("records", "says"), [("no\n", "1 record is not an article"), ("no\nno\n", "2 records are not articles")]
)
def test_a_number_agrees_with_its_noun(records: str, says: str, article: Path) -> None:
    article.write_text(records)
    assert CliRunner().invoke(app, ["extract", str(article)]).stderr.splitlines()[-1] == says


def test_one_page_of_one_article(article: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["extract", str(article), "--html", str(page)])
    assert done.stderr == f"{page}: 1 article\n"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["scan"], "is a device; expected a file of articles, or - for standard input"),
        (["extract"], "is a device; expected a file of articles, or - for standard input"),
        (["eval"], "is a device; expected a file of articles, or - for standard input"),
        (["officials", "import", "--only"], "is a device; expected a CSV file"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_device_never_ends_a_command_by_its_memory(command: list[str], says: str) -> None:
    assert refusal(*command, "/dev/zero") == f"/dev/zero: {says}"


def test_officials_in_another_encoding_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "officials.csv"
    file.write_bytes("name,role\nJosé,foreign minister\n".encode("latin-1"))
    said = refusal("officials", "import", file, "--only")
    assert said.startswith(f"{file}:")
    assert said.endswith("; expected CSV in UTF-8")


def test_a_text_file_with_any_name_is_an_article(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff\x1b.txt")
    file.write_text("A quake.")
    done = CliRunner().invoke(app, ["extract", "--json", str(file)])
    assert done.exit_code == 0
    assert '"id":"\ufffd\\u001b"' in done.stdout
