"""Where output goes: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

import msgspec
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.segment import Segment

from streams.logs.escaping import escaped, escaped_json
from streams.logs.setup import logs_json
from streams.records.dead_letter import DeadLetter

#: Width when the output is not a terminal: each row and message stays on one line, for grep and logs.
UNBROKEN = 100_000


class _Harmless(RenderHook):
    """Shows what a terminal would obey: articles and messages come from anywhere."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Shown(one) for one in renderables]


class _Shown:
    def __init__(self, renderable: ConsoleRenderable) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        for segment in console.render(self._renderable, options):
            if segment.control is None:
                yield Segment(escaped(segment.text), segment.style)
            else:
                yield segment


def console(stream: TextIO, *, stderr: bool = False) -> Console:
    """A console that prints texts of articles and errors literally, without markup, emoji or control characters."""
    width = None if stream.isatty() else UNBROKEN
    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)
    made.push_render_hook(_Harmless())
    return made


out = console(sys.stdout)
err = console(sys.stderr, stderr=True)

_encoder = msgspec.json.Encoder()


def print_json(record: object) -> None:
    """Print one JSON line, with escapes for the characters that a terminal would obey."""
    sys.stdout.buffer.write(escaped_json(_encoder.encode(record)) + b"\n")
    sys.stdout.buffer.flush()


def print_record(value: bytes) -> None:
    """Print a record's bytes and a line end; on a terminal, with symbols or escapes for what it would obey."""
    if sys.stdout.isatty():
        out.print(value.decode("utf-8", "backslashreplace"), soft_wrap=True)
        return
    sys.stdout.buffer.write(value + b"\n")
    sys.stdout.buffer.flush()


def note(message: str) -> None:
    """Print what a person should know about a run, besides its results; nothing if logs are JSON."""
    if not logs_json():
        err.print(message, style="dim", soft_wrap=True)


def print_bad_line(letter: DeadLetter) -> None:
    """Print why a line of a file is not an article."""
    err.print(f"{letter.topic}:{letter.offset}: {letter.reason}: {letter.message}", style="red", markup=False)
