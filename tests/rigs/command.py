"""The `newswatch` command run in this process: what it prints and its exit status, in a tenth of a process's time."""

from __future__ import annotations

import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from streams import cli


def newswatch(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these arguments, its handling of errors included; kafka-python's log stays as it is."""
    status = 0
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        with (
            out.open("w", encoding="utf-8") as stdout,  # a file, for the command closes the descriptor in the end
            err.open("w", encoding="utf-8") as stderr,
            patch.object(sys, "argv", ["newswatch", *words]),
            patch.object(cli, "start_logging", None),
            redirect_stdout(stdout),
            redirect_stderr(stderr),
        ):
            try:
                cli.main()
            except SystemExit as ended:
                status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        return subprocess.CompletedProcess(words, status, out.read_text("utf-8"), err.read_text("utf-8"))
