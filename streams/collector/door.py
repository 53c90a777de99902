"""The HTTP door: ``POST /articles`` takes one article, an array or JSON lines, and answers once Kafka has them."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import msgspec
from kafka.errors import KafkaError

from detectors.user_error import UserError
from streams.collector.openapi import openapi_document
from streams.collector.posted import Posted, PostedError, read_posted
from streams.monitoring.bounded_server import BoundedIPv6Server, BoundedServer
from streams.monitoring.collector_metrics import CollectorMetrics
from streams.settings import Settings
from streams.sources.feed import Feed, TooLargeError, UnacknowledgedError

#: The largest body (bytes).
MAX_BYTES = 16 * 1024 * 1024
#: Requests that wait for Kafka at a time; others are told to come back.
MOST_REQUESTS = 8
#: How long a request waits for Kafka (seconds): its connection lives for 15.
ACKNOWLEDGED_SECONDS = 10.0
RETRY_SECONDS = 2
#: Types that no page in a browser may send to another site unasked.
TYPES = ("application/json", "application/x-ndjson", "application/jsonl", "application/cloudevents+json")

logger = logging.getLogger(__name__)


class DoorError(UserError):
    """The door cannot be opened; the message says which option to change."""


class Door(msgspec.Struct, frozen=True):
    """Where the door is, and the file of the token that opens it."""

    host: str
    port: int
    token_file: Path | None = None

    def token(self) -> str | None:
        """The token, read anew for each request, so that it can be changed.

        Raises:
            DoorError: the file cannot be read, or is empty; or there is none, and others than this machine could come.
        """
        if self.token_file is None:
            if not _is_loopback(self.host):
                where = f"--http {self.host}:{self.port}"
                raise DoorError(f"{where}: expected --token-file for other addresses than 127.0.0.1")
            return None
        try:
            token = self.token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            raise DoorError(f"--token-file {self.token_file}: {reason}") from None
        if not token:
            raise DoorError(f"--token-file {self.token_file}: expected a token, found an empty file")
        return token


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class BusyError(Exception):
    """Kafka does not take more at the moment."""


class Sender:
    """Sends what was posted, through one connection, which is made anew after a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._feed: Feed | None = None
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_REQUESTS)

    def send(self, posted: Posted) -> None:
        """Send all records, and wait until all replicas have them.

        Raises:
            BusyError: they may be sent or not; sent again, they have the same ids.
            PostedError: a record is too large for Kafka.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            if not self._lock.acquire(timeout=ACKNOWLEDGED_SECONDS):
                raise BusyError
            try:
                self._send(posted)
            finally:
                self._lock.release()
        finally:
            self._places.release()

    def _send(self, posted: Posted) -> None:
        try:
            self._feed = self._feed or Feed(self._settings)
            for record, place in zip(posted.records, posted.places, strict=True):
                self._feed.send(record, place=place or "the article")
            self._feed.flush(ACKNOWLEDGED_SECONDS)
        except TooLargeError as error:
            raise PostedError([(str(error), "")]) from None
        except (UserError, KafkaError) as error:
            logger.warning("articles that came by HTTP are not acknowledged: %s", error)
            self.close()
            raise BusyError from None

    def close(self) -> None:
        """Close the connection."""
        feed, self._feed = self._feed, None
        if feed is not None:
            with suppress(UnacknowledgedError, KafkaError):
                feed.__exit__(UnacknowledgedError, None, None)


@contextmanager
def open_door(settings: Settings, door: Door, metrics: CollectorMetrics) -> Iterator[int]:
    """Serve the door while the context is open; gives its port.

    Raises:
        DoorError: the address is not this machine's, or in use; or the token is missing.
    """
    door.token()
    sender = Sender(settings)
    try:
        kind = BoundedIPv6Server if ":" in door.host else BoundedServer
        server = kind((door.host, door.port), _handler(door, sender, metrics))
    except (OSError, OverflowError) as error:
        raise DoorError(f"--http {door.host}:{door.port}: cannot listen there: {error}") from None
    threading.Thread(target=server.serve_forever, name="door", daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        sender.close()


def _handler(door: Door, sender: Sender, metrics: CollectorMetrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def version_string(self) -> str:
            return "newswatch"

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            logger.debug(format, *arguments)

        def do_GET(self) -> None:
            if self.path.partition("?")[0] == "/openapi.json":
                self._answer(200, openapi_document())
            else:
                self._answer(404, {"error": "expected POST /articles, or GET /openapi.json"})

        def do_POST(self) -> None:
            if self.path.partition("?")[0] != "/articles":
                self._answer(404, {"error": "expected POST /articles"})
                return
            try:
                posted = self._posted()
                if posted is None:
                    return
                sender.send(posted)
            except PostedError as error:
                metrics.posted.labels("refused").inc()
                self._answer(400, {"error": "nothing was sent", "problems": error.problems})
            except BusyError:
                metrics.posted.labels("busy").inc()
                self._answer(429, {"error": "Kafka takes no more at the moment; send it again"}, retry=True)
            else:
                metrics.posted.labels("accepted").inc(len(posted.ids))
                self._answer(202, {"ids": posted.ids})

        def _posted(self) -> Posted | None:
            """The articles of the request; None if it was answered."""
            try:
                token = door.token()
            except DoorError as error:
                logger.warning("%s", error)
                self._answer(503, {"error": "the token cannot be read"}, retry=True)
                return None
            given = self.headers.get("Authorization", "")
            if token is not None and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                self._answer(401, {"error": "expected Authorization: Bearer TOKEN"})
                return None
            kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind not in TYPES:
                self._answer(415, {"error": f"expected Content-Type {' or '.join(TYPES[:2])}"})
                return None
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal():
                self._answer(411, {"error": "expected Content-Length"})
                return None
            if len(length) > 12 or int(length) > MAX_BYTES:
                self._answer(413, {"error": f"expected at most {MAX_BYTES} bytes"})
                return None
            return read_posted(self.rfile.read(int(length)))

        def _answer(self, status: int, body: object, *, retry: bool = False) -> None:
            content = msgspec.json.encode(body) + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if retry:
                self.send_header("Retry-After", str(RETRY_SECONDS))
            if status == 401:
                self.send_header("WWW-Authenticate", "Bearer")
            self.end_headers()
            self.wfile.write(content)

    return Handler
