"""The limit on the time that the rules take to load at the start.

Inside a library's loop nothing of Python runs here, neither another thread nor the handler of a signal; and in a
container this process may be number 1, which no other one there can kill. So faulthandler's thread, which is C, ends
it, and another process says why. A change of the rules is tried in a process of its own, since the worker has to go on;
at the start there is nothing to go on with.
"""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

#: For this time (seconds) the other process may say why, before this one ends.
GRACE_SECONDS = 0.5
#: Says why the process that started it has ended; nothing if that one writes to it.
_WITNESS = """
import os, select, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both processes
until, said = float(sys.argv[1]), sys.argv[2]
heard = select.select([0], [], [], max(0.0, until - time.monotonic()))[0]
if not (heard and os.read(0, 1)) and time.monotonic() >= until:
    os.write(2, said.encode(errors="surrogateescape"))
"""


@contextmanager
def load_limit(folder: Path, seconds: float) -> Iterator[None]:
    """End this process with status 1 and a message if the block takes longer than ``seconds``."""
    said = (
        f"newswatch: loading the rules of {folder} takes more than {seconds:g} s (rules_load_seconds); `newswatch "
        "rules check` shows where\n"
    )
    command = [sys.executable, "-I", "-S", "-c", _WITNESS, str(monotonic() + seconds), said]
    with Path(os.devnull).open("wb") as nowhere, subprocess.Popen(command, stdin=subprocess.PIPE) as witness:
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            witness.communicate(b".")
