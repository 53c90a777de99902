"""Documents over HTTP from servers that mean no good."""

import gzip
import zlib

import pytest

from streams.sources.rss.fetch import FetchError, fetch
from tests.rigs.raw_server import ok, raw_server, redirect


def test_a_document_comes_with_the_address_that_answered() -> None:
    with raw_server({"/": redirect("/feed"), "/feed": ok(b"document")}) as server:
        found = fetch(f"{server}/", private=True)
        assert (found.content, found.url) == (b"document", f"{server}/feed")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 500 gone\r\n\r\n", "HTTP status 500 gone"),
        (b"no HTTP at all\r\n\r\n", "no HTTP"),
        (b"", "closed connection"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "."),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "ended after 5 of 99 bytes"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", "header line"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n", "headers"),
        (redirect("http://[bad/"), "redirected to|Invalid IPv6"),
        (redirect("http://"), "redirect"),
        (redirect("file:///etc/passwd"), "redirected to|not allowed"),
        (redirect("ftp://127.0.0.1/x"), "expected an http or https address"),
        (redirect("/"), "redirect"),
        (ok(b"x" * 2000), "larger than 0 MB"),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(answer: bytes, says: str) -> None:
    with raw_server({"/": answer}) as server, pytest.raises(FetchError, match=says):
        fetch(f"{server}/", private=True, most=1000)


@pytest.mark.parametrize(
    "url",
    ["news.example", "ftp://news.example/", "file:///etc/passwd", "http://", "http://[x", "http://a:b/", "data:,x"],
)
def test_an_address_that_is_not_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(FetchError, match="expected an http or https address"):
        fetch(url, private=True)


def test_private_addresses_are_refused_also_after_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server({"/": ok(b"secret")}) as inner:
        with pytest.raises(FetchError, match="not a public address"):
            fetch(f"{inner}/")
        port = inner.rpartition(":")[2]
        with raw_server({"/": redirect(f"http://localhost:{port}/")}) as outer:
            asked: list[object] = []

            def is_public(address: object) -> bool:
                asked.append(address)
                return len(asked) == 1  # as if the first server were on the Internet

            monkeypatch.setattr("streams.sources.rss.addresses.is_public", is_public)
            with pytest.raises(FetchError, match=r"localhost is at .*not a public address"):
                fetch(f"{outer}/")


def packed(body: bytes, encoding: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    "answer",
    [
        packed(gzip.compress(b"doc") + gzip.compress(b"ument"), "gzip"),
        packed(zlib.compress(b"document"), "deflate"),
        packed(zlib.compress(b"document")[2:-4], "deflate"),
        packed(b"document", "gzip"),
        ok(gzip.compress(b"document"), "application/gzip"),
    ],
)
def test_a_packed_document_is_unpacked(answer: bytes) -> None:
    with raw_server({"/": answer}) as server:
        assert fetch(f"{server}/", private=True).content == b"document"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    answers = {
        "/": packed(gzip.compress(b" " * 10_000_000), "gzip"),
        "/cut": packed(gzip.compress(b"document")[:12], "gzip"),
    }
    with raw_server(answers) as server:
        with pytest.raises(FetchError, match="larger than 1 MB unpacked"):
            fetch(f"{server}/", private=True, most=2**20)
        with pytest.raises(FetchError, match="ended within its packed content"):
            fetch(f"{server}/cut", private=True)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.0 200 OK\r\n\r\n<rss>", b"HTTP/1.1 302 Found\r\n"]
)
def test_a_server_that_drips_is_given_up(answer: bytes) -> None:
    """Also where a body without a length looks whole once the connection is ended."""
    with raw_server({"/": answer}, drip=True) as server, pytest.raises(FetchError, match="not fetched within 1 s"):
        fetch(f"{server}/", private=True, seconds=1)


def test_what_the_server_says_of_later_fetches_is_kept() -> None:
    answers = {
        "/same": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
        "/busy": b"HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n",
    }
    with raw_server(answers) as server:
        assert not fetch(f"{server}/same", private=True, headers={"If-None-Match": "x"}).modified
        with pytest.raises(FetchError, match="HTTP status 429 Slow") as raised:
            fetch(f"{server}/busy", private=True)
    assert (raised.value.status, raised.value.retry_after) == (429, "2")


def test_another_host_does_not_get_the_secrets_of_the_first() -> None:
    asked: list[bytes] = []
    with (
        raw_server({"/": ok(b"x")}, asked=asked) as inner,
        raw_server({"/": redirect(f"{inner}/")}, asked=asked) as outer,
    ):
        user = outer.replace("http://", "http://user:secret@")
        fetch(f"{user}/", private=True, headers={"X-Token": "hidden", "User-Agent": "desk"})
    first, second = asked
    assert b"Authorization: Basic dXNlcjpzZWNyZXQ=" in first
    assert b"X-Token: hidden" in first
    assert b"User-Agent: desk" in second
    assert b"Authorization" not in second
    assert b"hidden" not in second
