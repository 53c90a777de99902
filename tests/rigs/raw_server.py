"""An HTTP server that answers each path with the given bytes, whatever they are, and can take its time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

DRIP_SECONDS = 0.2


@contextmanager
def raw_server(answers: Mapping[str, bytes], *, drip: bool = False, asked: list[bytes] | None = None) -> Iterator[str]:
    """The address of a server on 127.0.0.1; with ``drip`` it sends a byte at a time, for ever, after the answer.

    Requests go to ``asked`` before they are answered.
    """
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        listener.settimeout(0.1)

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(10)
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(65536)
                if asked is not None:
                    asked.append(request)
                path = request.split(b" ", 2)[1].decode()
                answer = answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                if not drip:
                    connection.sendall(answer)
                    return
                connection.sendall(answers.get(path, b""))
                while not ending.wait(DRIP_SECONDS):
                    connection.sendall(b"x")

        def accept() -> None:
            while not ending.is_set():
                with suppress(TimeoutError):
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ending.set()
            accepting.join()


def ok(body: bytes, kind: str = "application/rss+xml") -> bytes:
    """A complete answer."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def redirect(to: str) -> bytes:
    """A redirect."""
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
