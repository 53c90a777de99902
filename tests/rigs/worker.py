"""A `newswatch worker` of a test, and what it says of itself over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from streams.monitoring.scrape import WorkerStatus, total
from streams.processes.command import newswatch
from streams.processes.ports import free_ports
from streams.settings import Settings
from tests.rigs.processes import Program
from tests.rigs.waiting import wait_until


class Worker(Program):
    """One `newswatch worker`.

    Args:
        settings: what the deployment chose; ``changes`` are this worker's own.
        log: its log file; its data lie in the same folder unless ``changes`` say another.
        wrap: goes before the command, e.g. another network.
        host: address that its status is served at.
        environment: in place of the environment of the tests.
    """

    #: Seconds within which it must be ready: three, and many times that beside other loads.
    ready_seconds = 180.0

    def __init__(
        self,
        settings: Settings,
        log: Path,
        *,
        wrap: Sequence[str] = (),
        host: str = "127.0.0.1",
        environment: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> None:
        (self.port,) = free_ports(1)
        self.status = WorkerStatus(f"{host}:{self.port}")
        given = {"metrics_port": self.port, "metrics_host": host, "data_dir": log.parent} | changes
        super().__init__([*wrap, *newswatch("worker", settings, **given)], log, environment)

    def wait_ready(self) -> Self:
        """Wait until it reads; itself, for chaining."""
        wait_until(self._ready, self.ready_seconds, "a worker is not ready", self, every=0.1)
        return self

    def _ready(self) -> bool:
        self.require_running()
        return self.status.ready()

    def metric(self, name: str) -> float:
        """A metric's sum over its labels, 0 without samples or if the worker does not answer."""
        return total(self.status.samples(), name)

    def shows(self, name: str) -> dict[str, float]:
        """A metric by partition."""
        return {labels["partition"]: value for labels, value in self.status.samples().get(name, ())}

    def owned(self) -> set[int]:
        """The partitions of `articles` that it reads."""
        return set(map(int, self.shows("newswatch_consumer_lag_records")))

    def watermarks(self) -> dict[str, datetime]:
        """How far event time has come, by partition of `observations` that it owns."""
        found = self.shows("newswatch_watermark_timestamp_seconds")
        return {partition: datetime.fromtimestamp(value, UTC) for partition, value in found.items()}
