"""The limit on the time that the rules take to load at the start: another process ends this one.

Inside a library's loop nothing else of Python runs here, neither a thread nor the handler of a signal. A change of the
rules is tried in a process of its own, since the worker has to go on; at the start there is nothing to go on with.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Waits for the end of its input, or ends the process that started it.
_GUARD = """
import os, select, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both processes
seconds, process, said = sys.argv[1:]
if not select.select([0], [], [], float(seconds))[0]:
    os.write(2, said.encode(errors="surrogateescape"))
    os.kill(int(process), signal.SIGALRM)
"""


@contextmanager
def load_limit(folder: Path, seconds: float) -> Iterator[None]:
    """End this process by SIGALRM, with a message, if the block takes longer than ``seconds``."""
    said = (
        f"newswatch: loading the rules of {folder} takes more than {seconds:g} s (rules_load_seconds); `newswatch "
        "rules check` shows where\n"
    )
    command = [sys.executable, "-I", "-S", "-c", _GUARD, str(seconds), str(os.getpid()), said]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as guard:
        try:
            yield
        finally:
            assert guard.stdin is not None
            guard.stdin.close()
