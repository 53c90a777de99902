"""Fetch one document over HTTP: only http and https, only public addresses, only up to a size."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from streams.sources.rss.addresses import connect

#: Seconds without a byte from the server; the whole fetch has a limit of its own (`feeds.py`).
TIMEOUT_SECONDS = 30.0
#: A larger document is refused: what is cut off might be anything.
MAX_BYTES = 32 * 1024 * 1024
SCHEMES = ("http", "https")
USER_AGENT = "newswatch (RSS and Atom reader)"


class FetchError(Exception):
    """A document that cannot be fetched; the message says why."""


def fetch(url: str, *, private: bool = False, most: int = MAX_BYTES) -> tuple[bytes, str]:
    """The document at ``url``, and the address that answered, after redirects.

    A proxy from the environment (``https_proxy``) is the operator's: it decides on addresses itself.

    Args:
        private: also fetch from loopback, private and link-local addresses.
        most: the largest document, in bytes.

    Raises:
        FetchError: the address does not answer, or not with a document of at most ``most`` bytes.
    """
    _check(url)
    request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})  # noqa: S310 - checked
    try:
        with _opener(private).open(request, timeout=TIMEOUT_SECONDS) as answer:
            content = answer.read(most + 1)
            if len(content) > most:
                raise FetchError(f"larger than {most // 2**20} MB")
            promised = answer.headers.get("Content-Length", "")
            if promised.isdecimal() and len(promised) < 20 and len(content) < int(promised):
                raise FetchError(f"ended after {len(content)} of {promised} bytes")
            return content, answer.geturl()
    except urllib.error.HTTPError as error:
        reason = " ".join(str(error.reason).split())
        raise FetchError(f"HTTP status {error.code} {reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", None) or error
        raise FetchError(str(cause) or type(cause).__qualname__) from None


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise FetchError("expected an http or https address")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows at most ten redirects, each to http or https."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        try:
            _check(newurl)
        except FetchError as error:
            raise FetchError(f"redirected to {newurl!r}: {error}") from None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Connection(http.client.HTTPConnection):
    def __init__(self, *arguments: Any, private: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._private = private

    def connect(self) -> None:
        self.sock = connect(self.host, self.port, self.timeout, private=self._private)


class _SecureConnection(http.client.HTTPSConnection):
    def __init__(self, *arguments: Any, private: bool, **options: Any) -> None:
        self._trust = ssl.create_default_context()
        super().__init__(*arguments, context=self._trust, **options)
        self._private = private

    def connect(self) -> None:
        plain = connect(self.host, self.port, self.timeout, private=self._private)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, private: bool) -> None:
        super().__init__()
        self._private = private

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        if req.has_proxy():
            return super().http_open(req)
        return self.do_open(partial(_Connection, private=self._private), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, private: bool) -> None:
        super().__init__()
        self._private = private

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        if req.has_proxy():
            return super().https_open(req)
        return self.do_open(partial(_SecureConnection, private=self._private), req)


def _opener(private: bool) -> urllib.request.OpenerDirector:
    """An opener that knows http and https only; the usual one also opens file, data and ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(private),
        _Https(private),
        _Redirects(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
