"""Feeds, each read by a process of its own."""

import json

import pytest

from streams.sources.rss.feeds import UnreadableFeedError, read_feed
from tests.rigs.raw_server import ok, raw_server

RSS = b"""<rss version="2.0"><channel><item><title>T</title><link>https://www.reuters.com/1</link></item></channel></rss>"""


def test_a_feed_becomes_records_of_its_own_source_or_of_the_name_that_the_operator_gave() -> None:
    with raw_server({"/feed?a=b": ok(RSS)}) as server:
        (record,) = read_feed(f"{server}/feed?a=b", private=True).records
        assert json.loads(record)["source"] == "127.0.0.1"
        (record,) = read_feed(f"wire={server}/feed?a=b", private=True).records
        assert json.loads(record)["source"] == "wire"


def test_a_server_that_never_ends_and_a_document_that_takes_too_long_are_refused() -> None:
    with (
        raw_server({}, drip=True) as server,
        pytest.raises(UnreadableFeedError, match="not fetched and read within 3 s"),
    ):
        read_feed(server, private=True, seconds=3)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("news.example/feed", "expected an http or https address"),
        ("file:///etc/passwd", "expected an http or https address"),
        ("http://127.0.0.1:9/", "not a public address"),
    ],
)
def test_the_message_names_the_feed_and_the_reason(url: str, says: str) -> None:
    with pytest.raises(UnreadableFeedError, match=f"^{url}: .*{says}"):
        read_feed(url)
