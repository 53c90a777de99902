import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from streams.sources.listed.poll import Validators, poll
from streams.sources.listed.robots import Robots
from streams.sources.listed.source import Secret, Source
from streams.sources.rss.readers import Readers
from tests.rigs.raw_server import ok, raw_server, redirect

RSS = b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>"


def test_polls_end_with_an_outcome() -> None:
    answers = {
        "/rss": ok(RSS).replace(b"\r\n\r\n", b'\r\nETag: "1"\r\nLast-Modified: then\r\n\r\n', 1),
        "/same": b"HTTP/1.1 304 Not Modified\r\n\r\n",
        "/busy": b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        "/page": ok(b"<html></html>", "text/html"),
        "/robots.txt": ok(b"User-agent: *\nDisallow: /no\n", "text/plain"),
    }
    asked: list[bytes] = []
    with raw_server(answers, asked=asked) as server, Readers() as readers:

        def of(path: str, validators: Validators | None = None, **known: object):
            source = Source(name=path, url=server + path, timeout=timedelta(seconds=30), **known)
            return poll(source, readers, private=True, robots=Robots(), validators=validators)

        read = of("/rss", home="KAZ", language="ru", outlet="O")
        (article,) = read.articles
        assert (article.meta, article.language, article.source) == ({"home": "KAZ"}, "ru", "O")
        assert read.validators == Validators('"1"', "then")
        assert of("/same", read.validators).outcome == "not_modified"
        assert b'If-None-Match: "1"\r\nIf-Modified-Since: then' in asked[-1].replace(
            b"none-match", b"None-Match"
        ).replace(b"modified-since", b"Modified-Since")
        busy = of("/busy")
        assert (busy.outcome, busy.problem, busy.retry_after) == ("failed", "HTTP status 429 Slow", "7")
        assert of("/page").outcome == "no_feed"
        assert of("/no").outcome == "refused_by_robots"
        assert of("/no", robots=False).problem == "HTTP status 404 Not Found"
        assert of("/rss", headers={"X": Secret(env="NO_SUCH")}).problem == "environment variable NO_SUCH is not set"
        assert of("/rss", private=False).outcome == "failed"


def test_a_server_that_misbehaves_costs_its_own_source_alone() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    packed = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode() + bomb
    answers = {
        "/truncated": b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + RSS,
        "/loop": redirect("/loop"),
        "/bomb": packed,
        "/large": ok(RSS + b" " * 2_000_000),
        "/chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
        "/status": b"HELLO\r\n\r\n",
        "/busy": b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n",
        "/charset": ok(RSS, "text/xml; charset=nonsense"),
        **{f"/good/{number}": ok(RSS) for number in range(50)},
    }
    with raw_server(answers) as server, Readers(2) as readers, ThreadPoolExecutor(16) as pool:

        def outcome(path: str) -> tuple[str, str]:
            source = Source(name=path, url=server + path, most_bytes=2**20, timeout=timedelta(seconds=60))
            return path, poll(source, readers, private=True).outcome

        found = dict(pool.map(outcome, answers))
    read = {path for path, what in found.items() if what == "read"}
    assert read == {path for path in answers if path.startswith("/good") or path == "/charset"}
    assert set(found.values()) == {"read", "failed"}
