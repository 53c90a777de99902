"""Logging of a process: levels of ours and of the libraries, and what ends a process or a thread."""

import json
import subprocess
import sys
import textwrap

import pytest


def run(code: str, level: str = "info", form: str = "text") -> subprocess.CompletedProcess[str]:
    begin = f"from streams.logs.setup import configure\nimport logging\nconfigure({level!r}, {form!r})\n"
    command = [sys.executable, "-c", begin + textwrap.dedent(code)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


LOGGERS = "for name in ('streams.worker', 'faust', 'kafka.client'):\n    logging.getLogger(name).{level}('hello')"


@pytest.mark.parametrize(
    ("level", "says", "heard"),
    [
        ("info", "info", ["streams.worker"]),
        ("info", "warning", ["streams.worker", "faust", "kafka.client"]),
        ("error", "warning", []),
        ("debug", "debug", ["streams.worker", "faust", "kafka.client"]),
    ],
)
def test_libraries_are_heard_from_warning_on(level: str, says: str, heard: list[str]) -> None:
    done = run(LOGGERS.format(level=says), level)
    assert [line.split()[2].rstrip(":") for line in done.stderr.splitlines()] == heard


def test_the_life_of_fausts_services_is_not_news() -> None:
    code = """
        for level in (logging.INFO, logging.WARNING):
            logging.getLogger("streams.worker.app").log(level, "[^-App]: Starting...")
    """
    assert run(code).stderr.count("Starting") == 1
    assert run(code, "debug").stderr.count("Starting") == 2


def test_what_ends_the_process_is_one_json_line() -> None:
    done = run("import streams.logs.setup\nraise ValueError('x\\x1b')", form="json")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "ValueError: x" in json.loads(line)["exception"]
    assert "\x1b" not in line


def test_what_ends_a_thread_has_no_traceback_if_the_brokers_are_away() -> None:
    code = """
        import threading
        from kafka.errors import NodeNotReadyError
        def end():
            raise NodeNotReadyError("node 1")
        thread = threading.Thread(target=end, name="io")
        thread.start()
        thread.join()
    """
    (line,) = run(code).stderr.splitlines()
    assert line.endswith("WARNING newswatch: the thread io ended: NodeNotReadyError: node 1")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_last_words_of_a_command_are_in_the_format_of_the_logs(form: str) -> None:
    done = run("from streams.logs.setup import report\nreport('no \\x1b[2J file')", form=form)
    if form == "json":
        found = json.loads(done.stderr)
        assert (found["level"], found["logger"], found["message"]) == ("critical", "newswatch", "no \x1b[2J file")
    else:
        assert done.stderr == "newswatch: no \u241b[2J file\n"
