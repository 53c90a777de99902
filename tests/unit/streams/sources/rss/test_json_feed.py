import json

import pytest

from streams.sources.rss.entries import Entries, NotAFeedError, read_entries

URL = "https://news.example/feed.json"


def read(document: object) -> Entries:
    return read_entries(json.dumps(document).encode(), URL, "news.example")


def test_items_become_articles() -> None:
    items = [
        {
            "id": 7,
            "url": "/7",
            "title": "Talks &amp; tea",
            "content_html": "<p>Met.</p><p>Parted.</p>",
            "summary": "Met.",
        },
        {"id": "8", "content_text": "Cut \ud83d", "date_published": "2025-11-03T09:00:00+05:00", "language": "de"},
        {"id": "9"},
        "no item",
    ]
    found = read({"version": "https://jsonfeed.org/version/1.1", "language": "en", "items": items})
    first, second = found.articles
    assert (first.title, first.text, first.url) == ("Talks & tea", "Met.\n\nParted.", "https://news.example/7")
    assert (first.language, second.language, second.text) == ("en", "de", "Cut \ufffd")
    assert second.published_at == "2025-11-03T09:00:00+05:00"
    assert len(found.left_out) == 2


@pytest.mark.parametrize(
    "document", [{}, {"version": 1, "items": []}, {"version": "https://jsonfeed.org/version/1", "items": 3}]
)
def test_other_json_is_no_feed(document: object) -> None:
    with pytest.raises(NotAFeedError):
        read(document)
