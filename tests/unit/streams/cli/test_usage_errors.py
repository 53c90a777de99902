"""A usage error shows the characters of an argument that a terminal would obey, and obeys none of them."""

import re

import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.logs.escaping import escaped

HOSTILE = "\u202eabc\x1b]0;title\x07\x9b31m\u2028\x7f"


@pytest.mark.parametrize(
    "arguments",
    [
        [HOSTILE],
        [f"--{HOSTILE}"],
        ["--log-level", HOSTILE],
        ["dead", HOSTILE],
        ["dead", "list", HOSTILE],
        ["dead", "list", f"--{HOSTILE}"],
        ["dead", "list", "--state", HOSTILE],
        ["dead", "list", "--partition", HOSTILE],
        ["worker", "--processes", f"1{HOSTILE}"],
    ],
    ids=ascii,
)
def test_no_character_of_an_argument_is_obeyed(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2, done.output
    assert escaped(done.stderr) == done.stderr, ascii(done.stderr)


def test_the_argument_is_still_recognised() -> None:
    done = CliRunner().invoke(app, ["dead", "list", "\u202egnp.exe"])
    assert r"\u202egnp.exe" in re.sub(r"\s+", " ", done.stderr)
