"""The guard of one server process: stops the server when the owner asks it to, or dies.

An interpreter without site-packages runs it as a file, so it imports only the standard library.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence


def _die_with_guard() -> None:
    """Have the kernel kill the server when the guard is killed (Linux: prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run(grace: float, command: Sequence[str]) -> int:
    """Run the server until it ends or must stop (`grace` in seconds); returns its exit code, or 128 + signal."""
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=2,
        stderr=2,
        # Safe here: the guard is a bare interpreter with one thread at this point.
        preexec_fn=_die_with_guard if sys.platform == "linux" else None,  # noqa: PLW1509
    )
    os.write(1, f"{server.pid}\n".encode())
    ending = threading.Event()

    def end() -> None:
        if ending.is_set():
            return
        ending.set()
        server.terminate()
        deadline = time.monotonic() + grace
        while server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        server.kill()

    def watch() -> None:
        while os.read(0, 1):
            pass
        end()

    def on_signal(_number: int, _frame: object) -> None:
        threading.Thread(target=end, daemon=True).start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    threading.Thread(target=watch, daemon=True).start()
    code = server.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os._exit(run(float(sys.argv[1]), sys.argv[2:]))
