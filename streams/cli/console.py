"""Where output goes: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys

import msgspec
from rich.console import Console

from streams.records.dead_letter import DeadLetter

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_encoder = msgspec.json.Encoder()


def print_json(record: object) -> None:
    """Print one JSON line."""
    sys.stdout.buffer.write(_encoder.encode(record) + b"\n")
    sys.stdout.buffer.flush()


def print_bad_line(letter: DeadLetter) -> None:
    """Say of a line of a file why it is no article."""
    err.print(f"{letter.topic}:{letter.offset}: {letter.reason}: {letter.message}", style="red", markup=False)
