"""The worker's HTTP port: ``/metrics`` for Prometheus, ``/livez`` and ``/readyz`` for the orchestrator."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

from prometheus_client import CollectorRegistry, MetricsHandler

from detectors.user_error import UserError

#: How often the watchdog checks (seconds).
CHECK_SECONDS = 1.0

#: Where a worker may stall: a topic and partition, or a step of its own.
Place = tuple[str, int]


class Health:
    """Whether the worker is alive (makes progress wherever there is work) and ready (recovered and reading).

    Times are seconds of the monotonic clock. Silence counts as a stall, so that ``/livez`` also fails if the progress
    reporter itself hangs.
    """

    def __init__(self, stall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._moved: dict[Place, tuple[int, float]] = {}
        self._beat = monotonic()
        self.ready = False
        self.lag = 0

    def moved(self) -> None:
        """Record progress of the whole worker: partitions were assigned, or rule state was recovered."""
        self._beat = monotonic()
        self._moved.clear()

    def reached(self, done: Mapping[Place, int], behind: Collection[Place]) -> None:
        """Record the committed offset of each place, and which places have work left."""
        now = self._beat = monotonic()
        for place in [place for place in self._moved if place not in behind]:
            del self._moved[place]
        for place in behind:
            offset = done.get(place, -1)
            if place not in self._moved or self._moved[place][0] != offset:
                self._moved[place] = (offset, now)

    @property
    def stalled_for(self) -> float:
        """Seconds since the last progress of the slowest place; places without work do not count."""
        return monotonic() - min([self._beat, *(time for _, time in list(self._moved.values()))])

    @property
    def alive(self) -> bool:
        """False if a place with work has made no progress for too long."""
        return self.stalled_for < self._stall_seconds


class StalledError(RuntimeError):
    """A worker with work left that has made no progress for too long."""


class Watchdog:
    """Ends a stalled worker from a separate thread: an event loop that hangs cannot end itself."""

    def __init__(self, health: Health, fatal: Callable[[BaseException], None]) -> None:
        self._health = health
        self._fatal = fatal
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        self._health.moved()  # loading a model may have taken longer than the limit
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(CHECK_SECONDS):
            if not self._health.alive:
                seconds, lag = self._health.stalled_for, self._health.lag
                self._fatal(StalledError(f"no progress for {seconds:.0f} s, lag {lag} records"))
                return


class MetricsAddressError(UserError):
    """The worker cannot listen on ``metrics_host`` and ``metrics_port``; the message says which one to change."""


class HealthServer:
    """Serves metrics and health on one port, in a thread; a context manager.

    ``port`` 0 picks a free one. When ``port`` is in use, up to ``spare`` ports above it are tried in order.

    Raises:
        MetricsAddressError: this machine does not have the address, or none of these ports is free.
    """

    def __init__(self, host: str, port: int, registry: CollectorRegistry, health: Health, *, spare: int = 0) -> None:
        self._server = _bind(host, port, _handler(registry, health), spare)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """The actual port, even if 0 was requested."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """``host:port`` as in a URL, with an IPv6 address in brackets."""
        host = str(self._server.server_address[0])
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def __enter__(self) -> HealthServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _IPv6Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6


def _bind(host: str, port: int, handler: type[BaseHTTPRequestHandler], spare: int) -> ThreadingHTTPServer:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label too long for IDNA
        raise MetricsAddressError(_no_host(host, getattr(error, "strerror", None) or str(error))) from None
    # A name such as localhost may have addresses of both families: IPv4 first, as scrapers expect it.
    family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    kind = _IPv6Server if family == socket.AF_INET6 else ThreadingHTTPServer
    last = min(port + spare, 65535)
    for candidate in range(port, last + 1):
        try:
            return kind((address[0], candidate, *address[2:]), handler)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            if error.errno == errno.EACCES:
                raise MetricsAddressError(
                    f"metrics_port {candidate}: {error.strerror}; expected 1024 or more"
                ) from None
            raise MetricsAddressError(_no_host(host, error.strerror)) from None
    if last > port:
        raise MetricsAddressError(f"metrics_port: all ports from {port} to {last} on {host} are in use; {_REMEDY}")
    raise MetricsAddressError(f"metrics_port {port} on {host} is in use by another process; {_REMEDY}")


_REMEDY = "choose another with --metrics-port, or 0 for any free one"


def _no_host(host: str, reason: str | None) -> str:
    return f"metrics_host {host}: cannot listen there: {reason}; expected an address of this machine, such as 127.0.0.1"


def _handler(registry: CollectorRegistry, health: Health) -> type[MetricsHandler]:
    class Handler(MetricsHandler):
        """prometheus_client's handler, which chooses format and gzip by what the scraper accepts."""

        server_version = "newswatch"

        def do_GET(self) -> None:  # noqa: N802 - http.server calls this name
            match self.path.partition("?")[0]:
                case "/metrics":
                    super().do_GET()
                case "/livez" if health.alive:
                    self._answer(200, "alive")
                case "/livez":
                    self._answer(503, f"no progress for {health.stalled_for:.0f} s, lag {health.lag} records")
                case "/readyz" if health.ready:
                    self._answer(200, "ready")
                case "/readyz":
                    self._answer(503, "not ready: recovering, or waiting for partitions")
                case _:
                    self._answer(404, "expected /metrics, /livez or /readyz")

        def _answer(self, status: int, line: str) -> None:
            body = f"{line}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    Handler.registry = registry
    return Handler
