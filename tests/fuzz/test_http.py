"""Requests after which the port of metrics and health answers no more."""

from __future__ import annotations

import socket
import urllib.request
from contextlib import suppress

from streams.monitoring.health import Health
from streams.monitoring.http_port import HealthServer
from streams.monitoring.metrics import Metrics
from tests.rigs.fuzz import mutated, rounds

REQUESTS = (
    b"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    b'POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{"a"}',
    b"HEAD /metrics?name[]=a HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n",
)
PIECES = (
    *(b"\r\n", b"\n", b"\x00", b"\xff", b" ", b"/", b"?", b"%", b"%00", b"../", b"HTTP/9.9", b"HTTP/0.9", b"\r\n\r\n"),
    *(b"x" * 70_000, b"X: y\r\n" * 200, b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"name[]="),
    *(b"Content-Length: -1\r\n", b"Expect: 100-continue\r\n", b"Accept: ;;;q=x\r\n", b"Connection: keep-alive\r\n"),
)  # fmt: skip


def test_the_port_answers_after_any_request() -> None:
    metrics = Metrics()
    with HealthServer("127.0.0.1", 0, metrics.registry, Health(60)) as server:
        for chance in rounds("http"):
            request = mutated(chance, chance.choice(REQUESTS), PIECES)
            with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
                connection.sendall(request)
                if chance.random() < 0.5:
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/livez", timeout=60) as answer:
                assert answer.status == 200, request
