"""Where output goes: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from typing import TextIO

import msgspec
from rich.console import Console

from streams.records.dead_letter import DeadLetter

#: Columns where nobody looks: each row and message stays on a line of its own, for grep and logs.
UNBROKEN = 100_000


def console(stream: TextIO, *, stderr: bool = False) -> Console:
    """A console that prints what is in articles and errors as it is, without markup or emoji."""
    width = None if stream.isatty() else UNBROKEN
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


out = console(sys.stdout)
err = console(sys.stderr, stderr=True)

_encoder = msgspec.json.Encoder()


def print_json(record: object) -> None:
    """Print one JSON line."""
    sys.stdout.buffer.write(_encoder.encode(record) + b"\n")
    sys.stdout.buffer.flush()


def print_bad_line(letter: DeadLetter) -> None:
    """Say of a line of a file why it is no article."""
    err.print(f"{letter.topic}:{letter.offset}: {letter.reason}: {letter.message}", style="red", markup=False)
