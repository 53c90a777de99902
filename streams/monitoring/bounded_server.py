"""An HTTP server of Python's library, with bounds: on connections, on threads, and on how long a client may take.

Without them each idle connection keeps a thread and a file handle, and the worker in the same process ends once it has
none left.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections import OrderedDict
from contextlib import suppress
from http.server import ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any

#: Most connections at a time: two Prometheus servers, the probes of an orchestrator, and people.
MOST_CONNECTIONS = 32
#: Most threads: those of closed connections take a moment to end.
MOST_THREADS = 2 * MOST_CONNECTIONS
#: Longest life of a connection, in seconds. HTTP/1.0: each has one request and one answer.
LONGEST_SECONDS = 15.0
#: How often old connections are closed, in seconds.
CHECK_SECONDS = 0.5
#: Pause when the process has no file handle left, in seconds; the connection remains in the backlog.
NO_HANDLE_SECONDS = 0.1

logger = logging.getLogger(__name__)


class BoundedServer(ThreadingHTTPServer):
    """A server with one thread a connection, and few of them.

    When a connection comes and the server has as many as it may, it closes the oldest one: a client that is idle or
    slow gives way to one that asks. Every connection is closed after ``LONGEST_SECONDS``.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[socket.socket, float] = OrderedDict()
        self._threads_running = 0
        super().__init__(*arguments, **options)

    def serve_forever(self, poll_interval: float = CHECK_SECONDS) -> None:
        """Serve until ``shutdown``."""
        super().serve_forever(poll_interval)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        try:
            return super().get_request()
        except OSError:
            sleep(NO_HANDLE_SECONDS)  # otherwise the loop would ask again at once, for ever
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, if there is room for another one."""
        with self._lock:
            if self._threads_running >= MOST_THREADS:
                request.close()
                return
            if len(self._open) >= MOST_CONNECTIONS:
                _end(self._open.popitem(last=False)[0])
            self._open[request] = monotonic()
            self._threads_running += 1
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread was started
            with self._lock:
                self._threads_running -= 1
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one request, in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._threads_running -= 1

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Close the connections that have lasted too long, whatever they wait for."""
        super().service_actions()
        oldest = monotonic() - LONGEST_SECONDS
        with self._lock:
            while self._open and next(iter(self._open.values())) < oldest:
                _end(self._open.popitem(last=False)[0])

    def server_close(self) -> None:
        """Close the port and all connections."""
        super().server_close()
        with self._lock:
            while self._open:
                _end(self._open.popitem()[0])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong with one connection; a client that leaves is nobody's error."""
        del request
        logger.debug("a connection from %s failed", client_address, exc_info=True)


class BoundedIPv6Server(BoundedServer):
    """The same at an address of IPv6."""

    address_family = socket.AF_INET6


def _end(connection: socket.socket) -> None:
    """Wake the thread that waits for this connection; it closes it."""
    with suppress(OSError):  # the client has closed it, or its thread is about to
        connection.shutdown(socket.SHUT_RDWR)
