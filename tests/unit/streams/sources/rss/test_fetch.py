"""Documents over HTTP from servers that mean no good."""

import pytest

from streams.sources.rss.fetch import FetchError, fetch
from tests.rigs.raw_server import ok, raw_server, redirect


def test_a_document_comes_with_the_address_that_answered() -> None:
    with raw_server({"/": redirect("/feed"), "/feed": ok(b"document")}) as server:
        assert fetch(f"{server}/", private=True) == (b"document", f"{server}/feed")


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
