"""Output for people: control characters in articles are shown, and never reach a terminal."""

import io
import json
import re
import sys

import pytest
from rich.table import Table
from rich.text import Text

from streams.cli import console

HOSTILE = "a\x1b]0;title\x07 \x1b[2J b\x9b31m\x7f \u202egpj.exe\u2028"
SHOWN = "a\u241b]0;title \u241b[2J b\\x9b31m\u2421 \\u202egpj.exe\\u2028"


class Terminal(io.StringIO):
    """Standard output, as a terminal or not."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


def table(text: str) -> Table:
    made = Table("title")
    made.add_row(text)
    return made


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize("made", [str, Text, table])
def test_control_characters_are_shown_as_symbols(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, made: type
) -> None:
    terminal = Terminal(is_terminal)
    monkeypatch.setattr(sys, "stdout", terminal)
    console.console(terminal).print(made(HOSTILE))
    assert SHOWN.removesuffix("\\u2028") in terminal.getvalue()
    assert "\u2028" not in terminal.getvalue()


def test_styles_tabs_and_line_ends_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    console.console(terminal).print("a\nb", style="red")
    assert terminal.getvalue() == "\x1b[31ma\x1b[0m\n\x1b[31mb\x1b[0m\n"


def test_a_record_on_a_terminal_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(console, "out", console.console(terminal))
    console.print_record(b"\xff" + HOSTILE.encode())
    assert terminal.getvalue() == f"\\xff{SHOWN}\n"


def test_a_record_outside_a_terminal_is_its_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    console.print_record(b"\xff" + HOSTILE.encode())
    assert capfdbinary.readouterr().out == b"\xff" + HOSTILE.encode() + b"\n"


def test_json_has_escapes_for_what_a_terminal_would_obey(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    console.print_json({"title": HOSTILE, "source": "Łukasz"})
    printed = capfdbinary.readouterr().out
    assert json.loads(printed) == {"title": HOSTILE, "source": "Łukasz"}
    assert "Łukasz" in printed.decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", printed.decode())
