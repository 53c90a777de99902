"""The collector's HTTP port: ``/metrics``, ``/livez`` and ``/readyz``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from streams.collector.collector import Collector
from streams.monitoring.collector_metrics import CollectorMetrics
from streams.monitoring.http_port import HealthServer
from streams.settings import Settings

#: Ports that are tried above the default one, for several collectors, or workers, on a machine.
SPARE = 64

logger = logging.getLogger(__name__)


class Port:
    """Whether the collector that is in work, if any, is alive and ready."""

    def __init__(self, stall_seconds: float) -> None:
        self.collector: Collector | None = None
        self._stall_seconds = stall_seconds
        self.lag = 0

    @property
    def alive(self) -> bool:
        """Whether it looks after its group; while brokers are away, there is nothing to restart."""
        return self.stalled_for < self._stall_seconds

    @property
    def stalled_for(self) -> float:
        """Seconds since it last did."""
        collector = self.collector
        return monotonic() - collector.stepped if collector is not None else 0.0

    @property
    def ready(self) -> bool:
        """Whether it has read the positions of its sources, and polls them."""
        return self.collector is not None and self.collector.ready

    @property
    def not_ready(self) -> str:
        """Why it is not ready."""
        return "waiting for brokers" if self.collector is None else "waiting for partitions, or reading positions"


@contextmanager
def collector_port(settings: Settings, metrics: CollectorMetrics) -> Iterator[Port]:
    """Serve the port while the context is open.

    Raises:
        MetricsAddressError: it cannot be opened.
    """
    port = Port(settings.stall_seconds)
    spare = 0 if "metrics_port" in settings.model_fields_set else SPARE
    with HealthServer(settings.metrics_host, settings.metrics_port, metrics.registry, port, spare=spare) as server:
        logger.info("metrics at http://%s/metrics", server.address)
        yield port
