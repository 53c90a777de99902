"""Read a worker's HTTP port: whether it is ready, and its metrics."""

from __future__ import annotations

import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

TIMEOUT_SECONDS = 5.0


class WorkerStatus:
    """Reads ``/readyz`` and ``/metrics`` of the worker at ``address`` (host:port, on this machine)."""

    def __init__(self, address: str) -> None:
        self._base = f"http://{address}"

    def ready(self) -> bool:
        """Whether the worker is ready; False if it does not answer."""
        try:
            with urllib.request.urlopen(f"{self._base}/readyz", timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def samples(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        """Every sample by name: labels and value. Empty if the worker does not answer."""
        try:
            with urllib.request.urlopen(f"{self._base}/metrics", timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                text = answer.read().decode()
        except (urllib.error.URLError, OSError):
            return {}
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
        return found


def total(samples: dict[str, list[tuple[dict[str, str], float]]], name: str) -> float:
    """The sum of a metric over all its labels, 0 if it has no samples."""
    return sum(value for _, value in samples.get(name, ()))
