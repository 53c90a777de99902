"""Articles from RSS and Atom."""

import json
from pathlib import Path

import pytest

from streams.sources.feeds import UnreadableFeedError, read_feed

RSS = """<?xml version="1.0"?>
<rss version="2.0"><channel><title>World</title><link>https://news.example/</link>
<item><title>Talks &amp;amp; tea</title><link>https://news.example/1</link><guid>tag:1</guid>
<pubDate>Tue, 03 Nov 2015 09:00:00 +0500</pubDate>
<description>&lt;p&gt;Ministers met.&lt;/p&gt;&lt;p&gt;They &lt;b&gt;parted&lt;/b&gt;.&lt;/p&gt;</description></item>
<item><title>No date</title><link>https://news.example/2</link><description>Short.</description></item>
</channel></rss>"""


def test_entries_become_articles(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(RSS)
    first, second = (json.loads(record) for record in read_feed(file.as_uri()))
    assert first == {
        "id": "tag:1",
        "title": "Talks & tea",
        "text": "Ministers met.\n\nThey parted.",
        "url": "https://news.example/1",
        "source": "news.example",
        "published_at": "2015-11-03T04:00:00Z",
    }
    assert second["id"] == "https://news.example/2"
    assert "published_at" not in second


@pytest.mark.parametrize("content", ["", "<html><body>502</body></html>"])
def test_a_response_that_is_not_a_feed_is_an_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(content)
    with pytest.raises(UnreadableFeedError, match="expected RSS or Atom"):
        list(read_feed(file.as_uri()))


@pytest.mark.parametrize("url", ["news.example/feed", "ftp://news.example/feed", "file:///nowhere/at/all.xml"])
def test_an_address_that_does_not_answer_is_an_error(url: str) -> None:
    with pytest.raises(UnreadableFeedError, match=url.rsplit("/", maxsplit=1)[-1]):
        list(read_feed(url))
