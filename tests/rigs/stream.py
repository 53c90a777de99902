"""A separate Newswatch on a real Kafka: topics, and workers on them."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.rigs.topics import Topics
from tests.rigs.waiting import wait_until
from tests.rigs.worker import Worker


class Stream(Topics):
    """Topics and workers of one test; as a context manager it stops the workers at the end."""

    def __init__(self, brokers: str, name: str, folder: Path, rules: str, **settings: Any) -> None:
        super().__init__(brokers, name, folder, rules, **settings)
        self.workers: list[Worker] = []
        self._numbers = itertools.count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, wrap: Sequence[str] = (), **changes: Any) -> Worker:
        """Start a worker; ``changes`` are its own settings, ``wrap`` goes before its command."""
        worker = Worker(self.settings, self.folder / f"worker-{next(self._numbers)}.log", wrap=wrap, **changes)
        self.workers.append(worker)
        return worker

    def kill(self) -> None:
        """Kill its workers: its topics and group are never used again."""
        for worker in self.workers:
            worker.kill()

    def stop(self) -> None:
        """Stop its workers cleanly, all at the same time; others can start afterwards."""
        for number in (signal.SIGCONT, signal.SIGTERM):
            self.signal(number)
        for worker in self.workers:
            worker.stop()
        self.workers.clear()

    def signal(self, number: signal.Signals) -> None:
        """Send all workers a signal."""
        for worker in self.workers:
            worker.signal(number)

    def logs(self) -> str:
        """The last lines of every worker's log."""
        return "\n".join(worker.logs() for worker in self.workers)

    def late(self) -> float:
        """Late observations as counted by the running workers; the counts of killed ones are lost."""
        return sum(worker.metric("newswatch_late_observations_total") for worker in self.workers)

    def wait_committed(self, seconds: float = 120.0) -> None:
        """Wait until every article and observation on the log is processed and committed."""
        wait_until(lambda: self.committed() == self.ends(), seconds, "articles are not committed", self)
        # Progress reports never end: those present when the articles were done must be processed.
        target = self.ends("observations")
        wait_until(
            lambda: all(self.committed("observations").get(p, 0) >= end for p, end in target.items()),
            seconds,
            "observations are not committed",
            self,
        )
