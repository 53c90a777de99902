"""The `newswatch` command run in this process: what it prints and its exit status, in a tenth of a process's time."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from streams import cli


def newswatch(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these arguments, its handling of errors included; kafka-python's log stays as it is."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    status = 0
    with (
        patch.object(sys, "argv", ["newswatch", *words]),
        patch.object(cli, "summarise", lambda: None),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return subprocess.CompletedProcess(words, status, _text(out), _text(err))


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()
