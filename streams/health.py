"""The worker's HTTP port: ``/metrics`` for Prometheus, ``/livez`` and ``/readyz`` for whoever restarts it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


class Health:
    """Whether the worker lives (it commits while there is lag) and is ready (recovered and reading).

    Times are seconds of the monotonic clock.
    """

    def __init__(self, stall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._moved_at = monotonic()
        self.ready = False
        self.lag = 0

    def moved(self) -> None:
        """An offset was committed, or there is nothing to commit."""
        self._moved_at = monotonic()

    @property
    def stalled_for(self) -> float:
        """Seconds since the worker last moved while there is lag; 0 without lag."""
        return monotonic() - self._moved_at if self.lag else 0.0

    @property
    def alive(self) -> bool:
        """False when there is lag and nothing was committed for too long."""
        return self.stalled_for < self._stall_seconds


class HealthServer:
    """Serves metrics and health on one port, in a thread; a context manager."""

    def __init__(self, host: str, port: int, registry: CollectorRegistry, health: Health) -> None:
        self._server = ThreadingHTTPServer((host, port), _handler(registry, health))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port that is served, also where 0 was asked for."""
        return int(self._server.server_address[1])

    def __enter__(self) -> HealthServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(registry: CollectorRegistry, health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version = "newswatch"

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/metrics":
                    self._answer(200, generate_latest(registry), CONTENT_TYPE_LATEST)
                case "/livez" if health.alive:
                    self._answer(200, b"alive\n")
                case "/livez":
                    self._answer(503, f"no commit for {health.stalled_for:.0f} s, lag {health.lag}\n".encode())
                case "/readyz" if health.ready:
                    self._answer(200, b"ready\n")
                case "/readyz":
                    self._answer(503, b"not ready: recovering, or waiting for partitions\n")
                case _:
                    self._answer(404, b"expected /metrics, /livez or /readyz\n")

        def _answer(self, status: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            del format, args  # a scrape a few seconds is no news

    return Handler
