"""The worker's HTTP port: ``/metrics`` for Prometheus, ``/livez`` and ``/readyz`` for the orchestrator."""

from __future__ import annotations

import errno
import io
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from prometheus_client import CollectorRegistry, MetricsHandler

from detectors.user_error import UserError
from streams.monitoring.bounded_server import BoundedIPv6Server, BoundedServer


class Status(Protocol):
    """What the orchestrator asks a process: whether it is alive and ready, and if not, why."""

    @property
    def alive(self) -> bool: ...
    @property
    def stalled_for(self) -> float: ...
    @property
    def lag(self) -> int: ...
    @property
    def ready(self) -> bool: ...
    @property
    def not_ready(self) -> str: ...


class MetricsAddressError(UserError):
    """The worker cannot listen on ``metrics_host`` and ``metrics_port``; the message says which one to change."""


class HealthServer:
    """Serves metrics and health on one port, in a thread; a context manager.

    ``port`` 0 picks a free one. When ``port`` is in use, up to ``spare`` ports above it are tried in order.

    Raises:
        MetricsAddressError: this machine does not have the address, or none of these ports is free.
    """

    def __init__(self, host: str, port: int, registry: CollectorRegistry, health: Status, *, spare: int = 0) -> None:
        self._server = _bind(host, port, _handler(registry, health), spare)
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


def _bind(host: str, port: int, handler: type[BaseHTTPRequestHandler], spare: int) -> BoundedServer:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label too long for IDNA
        raise MetricsAddressError(_no_host(host, getattr(error, "strerror", None) or str(error))) from None
    # A name such as localhost may have addresses of both families: IPv4 first, as scrapers expect it.
    family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    kind = BoundedIPv6Server if family == socket.AF_INET6 else BoundedServer
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


def _handler(registry: CollectorRegistry, health: Status) -> type[MetricsHandler]:
    one_scrape = threading.Lock()

    class Handler(MetricsHandler):
        """prometheus_client's handler, which chooses format and gzip by what the scraper accepts."""

        def version_string(self) -> str:
            """Name the product, and neither its version nor Python's."""
            return "newswatch"

        def do_GET(self) -> None:  # noqa: N802 - http.server calls this name
            match self.path.partition("?")[0]:
                case "/metrics":
                    with one_scrape:  # more at a time would only take the interpreter from the worker
                        answer = self._kept(super().do_GET)
                    self.wfile.write(answer)  # outside, for this client may be slow
                case "/livez" if health.alive:
                    self._answer(200, "alive")
                case "/livez":
                    self._answer(503, f"no progress for {health.stalled_for:.0f} s, lag {health.lag} records")
                case "/readyz" if health.ready:
                    self._answer(200, "ready")
                case "/readyz":
                    self._answer(503, f"not ready: {health.not_ready}")
                case _:
                    self._answer(404, "expected /metrics, /livez or /readyz")

        def do_HEAD(self) -> None:  # noqa: N802 - http.server calls this name
            """Answer as to GET, without the body."""
            headers, end, _ = self._kept(self.do_GET).partition(b"\r\n\r\n")
            self.wfile.write(headers + end)

        def _kept(self, answer: Callable[[], None]) -> bytes:
            """What ``answer`` would write to the connection."""
            connection, self.wfile = self.wfile, io.BytesIO()
            try:
                answer()
                return self.wfile.getvalue()
            finally:
                self.wfile = connection

        def _answer(self, status: int, line: str) -> None:
            body = f"{line}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    Handler.registry = registry
    return Handler
