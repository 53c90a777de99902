"""Entries of feeds, good and bad."""

import pytest

from streams.records.article import Article
from streams.sources.rss.entries import Entries, NotAFeedError, read_entries

URL = "https://rss.news.example/world"
ITEM = "<item><title>Good</title><link>https://news.example/9</link><description>Fine.</description></item>"


def rss(*items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>W</title>{"".join(items)}</channel></rss>'.encode()


def read(content: bytes) -> Entries:
    return read_entries(content, URL, "news.example")


def test_entries_become_articles() -> None:
    first, second = read(
        rss(
            """<item><title>Talks &amp;amp; tea</title><link>https://news.example/1</link><guid>tag:1</guid>
            <pubDate>Tue, 03 Nov 2015 09:00:00 +0500</pubDate><description>&lt;p&gt;Ministers met.&lt;/p&gt;&lt;p&gt;They
            &lt;b&gt;parted&lt;/b&gt;.&lt;/p&gt;</description></item>""",
            "<item><title>No date</title><link>/2</link><description>Short.</description></item>",
        )
    ).articles
    assert first == Article(
        id="tag:1",
        title="Talks & tea",
        text="Ministers met.\n\nThey\n            parted.",
        url="https://news.example/1",
        source="news.example",
        published_at="2015-11-03T04:00:00Z",
    )
    assert (second.id, second.url) == ("https://rss.news.example/2",) * 2
    assert second.published_at is None


@pytest.mark.parametrize("content", [b"", b"<html><body>502</body></html>", b"\x00\xff", b"{}"])
def test_a_document_that_is_no_feed_is_refused(content: bytes) -> None:
    with pytest.raises(NotAFeedError):
        read(content)


@pytest.mark.parametrize(
    "item",
    [
        "<item><link>http://[x</link><title>T</title></item>",
        "<item><title>&#x110000;</title></item>",
        "<item><title>&#xD800;</title></item>",
        "<item><description>&#9999999999999999999;</description></item>",
        "<item><title>T</title><pubDate>0000-00-00</pubDate></item>",
        "<item><title>T</title><pubDate>00</pubDate></item>",
        "<item><title>T</title><pubDate>Mon, 99 Foo 99999 99:99:99 +9999</pubDate></item>",
        '<item><content type="text/plain"/><title>T</title></item>',
        '<item xmlns:content="http://purl.org/rss/1.0/modules/content/"><content:encoded/><title>T</title></item>',
        "<item><title/><link/><guid/></item>",
        "<item><enclosure/><category/><source/></item>",
    ],
)
def test_a_bad_entry_costs_at_most_itself(item: str) -> None:
    found = read(rss(ITEM, item, ITEM))
    assert [article.title for article in found.articles].count("Good") == 2
    assert len(found.articles) + len(found.left_out) == 3


def test_an_entry_that_cannot_be_made_an_article_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.sources.rss.entries._time", lambda entry: 1 // (entry["title"] != "T"))
    found = read(rss(ITEM, "<item><title>T</title></item>", ITEM))
    assert len(found.articles) == 2
    assert found.left_out == ("entry 2 is left out: ZeroDivisionError: integer division or modulo by zero",)


def test_a_date_that_cannot_be_read_is_kept_as_written() -> None:
    (article,) = read(rss("<item><title>T</title><pubDate>Quintidi 15 Brumaire</pubDate></item>")).articles
    assert article.published_at == "Quintidi 15 Brumaire"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "http://[x", "file:///etc/passwd"])
def test_a_link_that_is_no_web_address_is_left_out(link: str) -> None:
    (article,) = read(rss(f"<item><title>T</title><link>{link}</link></item>")).articles
    assert article.url is None


def test_one_feed_is_one_source_whatever_it_links_to() -> None:
    links = ["https://www.reuters.com/1", "http://apnews.com/2", "https://a.news.example/3", "http://x:443@bbc.co.uk/"]
    items = (f"<item><title>T</title><link>{link}</link></item>" for link in links)
    assert {article.source for article in read(rss(*items)).articles} == {"news.example"}
