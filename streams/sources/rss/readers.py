"""Processes that read fetched feeds, kept for the next one: what a document does to them costs that document alone."""

from __future__ import annotations

import signal
import subprocess
from contextlib import suppress
from queue import LifoQueue
from typing import Self

import msgspec

from streams.sources.rss.feed_process import COMMAND, Answer, Job


class Readers:
    """At most ``number`` processes, each started when it is needed; a context manager, for any number of threads."""

    def __init__(self, number: int = 1) -> None:
        self._free: LifoQueue[subprocess.Popen[bytes] | None] = LifoQueue()
        for _ in range(number):
            self._free.put(None)
        self._running: set[subprocess.Popen[bytes]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in tuple(self._running):  # threads that wait for one of them go on
            process.kill()
            process.wait()

    def read(self, job: Job) -> Answer:
        """Read one document, within the job's seconds."""
        process = self._free.get()
        kept = None
        try:
            if process is None:
                process = _started()
                self._running.add(process)
            assert process.stdin is not None
            assert process.stdout is not None
            line = b""
            with suppress(OSError):
                process.stdin.write(msgspec.json.encode(job) + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
            if line.endswith(b"\n"):
                kept = process
                return msgspec.json.decode(line, type=Answer)
            code = process.wait()
            late = code == -signal.SIGALRM
            return Answer(problem=f"not read within {job.seconds} s" if late else f"its reader ended ({code})")
        finally:
            if kept is None and process is not None:
                process.kill()
                process.communicate()
                self._running.discard(process)
            self._free.put(kept)


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the parent, which ends its readers itself
    )
