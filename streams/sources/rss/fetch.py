"""Fetch one document over HTTP: only http and https, only public addresses, only up to a size, only for so long."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from functools import cache, partial
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from streams.sources.rss.addresses import connect
from streams.sources.rss.sites import ascii_address, credentials, without_credentials
from streams.sources.rss.unpacking import UnpackingError, unpacked

#: Seconds without a byte from the server.
TIMEOUT_SECONDS = 30.0
#: Limit on the whole fetch (seconds).
FETCH_SECONDS = 60.0
#: A larger document is refused: what is cut off might be anything.
MAX_BYTES = 32 * 1024 * 1024
SCHEMES = ("http", "https")
USER_AGENT = "newswatch (RSS and Atom reader)"
_NOT_MODIFIED = 304


class FetchError(Exception):
    """A document that cannot be fetched; the message says why.

    ``status``: the answer's HTTP status, if there is one. ``retry_after``: that header, as it was given.
    """

    def __init__(self, message: str, status: int | None = None, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Fetched(msgspec.Struct, frozen=True):
    """A document: its bytes, the address that answered after redirects, and the headers, with names in lower case.

    ``modified`` is false if the server says that the document is still the one that the request names.
    """

    content: bytes
    url: str
    headers: dict[str, str] = {}
    modified: bool = True


def fetch(
    url: str,
    *,
    private: bool = False,
    most: int = MAX_BYTES,
    seconds: float = FETCH_SECONDS,
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """The document at ``url``.

    A proxy from the environment (``https_proxy``) is the operator's: it decides on addresses itself.

    Args:
        private: also fetch from loopback, private and link-local addresses.
        most: the largest document, in bytes, packed and unpacked.
        seconds: the limit on the whole, after the host's name is looked up.
        headers: of the request; a user and password in the address become an ``Authorization``.

    Raises:
        FetchError: the address does not answer, or not with a document of at most ``most`` bytes.
    """
    address = _checked(url)
    request = urllib.request.Request(address, headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"})  # noqa: S310 - checked
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    if user := credentials(url):
        request.add_header("Authorization", "Basic " + base64.b64encode(unquote(user).encode()).decode())
    with _Deadline(seconds) as deadline:
        try:
            answer = _answer(request, _opener(private, deadline), most)
            if deadline.passed:  # a body without a length seems to be whole where the connection was ended
                raise FetchError("cut")
            return answer
        except urllib.error.HTTPError as error:
            with error:
                if deadline.passed:
                    raise FetchError(f"not fetched within {seconds:g} s") from None
                if error.code == _NOT_MODIFIED:
                    return Fetched(
                        b"", without_credentials(error.url or address), _lower(error.headers), modified=False
                    )
                reason = " ".join(str(error.reason).split())
                after = error.headers.get("Retry-After") if error.headers else None
                raise FetchError(f"HTTP status {error.code} {reason}".rstrip(), error.code, after) from None
        except (FetchError, OSError, http.client.HTTPException, ValueError) as error:
            if deadline.passed:
                raise FetchError(f"not fetched within {seconds:g} s") from None
            if isinstance(error, FetchError):
                raise
            cause = getattr(error, "reason", None) or error
            raise FetchError(str(cause) or type(cause).__qualname__) from None


def _answer(request: urllib.request.Request, opener: urllib.request.OpenerDirector, most: int) -> Fetched:
    with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
        content = answer.read(most + 1)
        if len(content) > most:
            raise FetchError(f"larger than {most // 2**20} MB")
        promised = answer.headers.get("Content-Length", "")
        if promised.isdecimal() and len(promised) < 20 and len(content) < int(promised):
            raise FetchError(f"ended after {len(content)} of {promised} bytes")
        headers = _lower(answer.headers)
        try:
            content = unpacked(content, headers.get("content-encoding", ""), most)
        except UnpackingError as error:
            raise FetchError(str(error)) from None
        return Fetched(content, answer.geturl(), headers)


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}


def _checked(url: str) -> str:
    """The address as HTTP sends it."""
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        address = ascii_address(url) if good else ""
    except ValueError:
        address = ""
    if not address:
        raise FetchError("expected an http or https address")
    return address


class _Deadline:
    """Ends the connections of one fetch when its time is over: a server may send a byte now and then, for ever."""

    def __init__(self, seconds: float) -> None:
        self._until = monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def left(self) -> float:
        return max(self._until - monotonic(), 0.001)

    def follow(self, made: socket.socket) -> None:
        """End this connection, too."""
        with self._lock:
            self._sockets.append(made)
            over = self.passed
        if over:
            _shut(made)

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            open_ = tuple(self._sockets)
        for made in open_:
            _shut(made)


def _shut(made: socket.socket) -> None:
    with suppress(OSError):
        made.shutdown(socket.SHUT_RDWR)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows at most ten redirects, each to http or https."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        try:
            address = _checked(newurl)
        except FetchError as error:
            raise FetchError(f"redirected to {newurl!r}: {error}") from None
        made = super().redirect_request(req, fp, code, msg, headers, address)
        asked, now = urlsplit(req.full_url), urlsplit(address)
        if made is not None and (asked.netloc != now.netloc or asked.scheme > now.scheme):
            for name in [name for name in made.headers if name.lower() not in _FOR_ALL]:
                made.remove_header(name)
        return made


#: Headers for every host; others may be secrets of the one that was asked, over the scheme that was asked.
_FOR_ALL = frozenset(("user-agent", "accept", "accept-encoding", "accept-language"))


class _Connection(http.client.HTTPConnection):
    def __init__(self, *arguments: Any, private: bool, deadline: _Deadline, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._private = private
        self._deadline = deadline

    def connect(self) -> None:
        timeout = min(self.timeout or TIMEOUT_SECONDS, self._deadline.left)
        self.sock = connect(self.host, self.port, timeout, private=self._private)
        self._deadline.follow(self.sock)


class _SecureConnection(http.client.HTTPSConnection):
    def __init__(self, *arguments: Any, private: bool, deadline: _Deadline, **options: Any) -> None:
        super().__init__(*arguments, context=_trust(), **options)
        self._private = private
        self._deadline = deadline

    def connect(self) -> None:
        timeout = min(self.timeout or TIMEOUT_SECONDS, self._deadline.left)
        plain = connect(self.host, self.port, timeout, private=self._private)
        secured = _trust().wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = secured
        self._deadline.follow(secured)
        secured.do_handshake()


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Http(urllib.request.HTTPHandler):
    def __init__(self, private: bool, deadline: _Deadline) -> None:
        super().__init__()
        self._connection = partial(_Connection, private=private, deadline=deadline)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        if req.has_proxy():
            return super().http_open(req)
        return self.do_open(self._connection, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, private: bool, deadline: _Deadline) -> None:
        super().__init__()
        self._connection = partial(_SecureConnection, private=private, deadline=deadline)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        if req.has_proxy():
            return super().https_open(req)
        return self.do_open(self._connection, req)


def _opener(private: bool, deadline: _Deadline) -> urllib.request.OpenerDirector:
    """An opener that knows http and https only; the usual one also opens file, data and ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(private, deadline),
        _Https(private, deadline),
        _Redirects(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
