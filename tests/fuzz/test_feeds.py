"""Feeds that fail otherwise than by a message, and that take long."""

from __future__ import annotations

import time

import msgspec

from streams.records.article import decode_article
from streams.sources.rss.entries import NotAFeedError, read_entries
from tests.rigs.fuzz import MOST_SECONDS, mutated, rounds

RSS = b"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"
xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>W</title><link>https://news.example/</link><item><title>Talks &amp;amp; tea</title>
<link>https://news.example/1</link><guid isPermaLink="false">tag:1</guid><category>a</category>
<pubDate>Tue, 03 Nov 2015 09:00:00 +0500</pubDate><dc:date>2015-11-03T09:00:00Z</dc:date>
<description>&lt;p&gt;Ministers met.&lt;/p&gt;</description><content:encoded><![CDATA[<p>They <b>parted</b>.</p>]]>
</content:encoded><enclosure url="https://news.example/a.mp3" length="1" type="audio/mpeg"/></item></channel></rss>"""
ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>W</title>
<id>urn:1</id><updated>2015-11-03T09:00:00Z</updated><entry><title type="html">A &amp;lt;b&amp;gt;</title>
<link rel="alternate" href="/1"/><id>urn:2</id><published>2015-11-03T09:00:00.123+05:00</published>
<author><name>N</name></author><summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Met.</div></summary>
<content type="text">Ministers met.</content></entry></feed>"""
JSON = b"""{"version": "https://jsonfeed.org/version/1.1", "language": "en", "items": [{"id": "1", "url": "/1",
"title": "Talks", "content_html": "<p>Ministers met.</p>", "date_published": "2015-11-03T09:00:00Z"}]}"""
SITEMAP = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://news.example/1</loc><n:news><n:publication>
<n:language>en</n:language></n:publication><n:publication_date>2015-11-03</n:publication_date><n:title>Talks</n:title>
</n:news></url></urlset>"""
PIECES = (
    *(b"<", b">", b"&", b"&#x110000;", b"&#xD800;", b"&#99999999999;", b"&#0;", b"]]>", b"<![CDATA[", b"<!--", b"-->"),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"http://[x", b"javascript:a", b"0000-00-00", b"99999-99-99", b"\xff"),
    *(b"<content/>", b"<link/>", b"encoding='punycode'", b"encoding='idna'", b"\x00", b"type='application/xml'", b"&lt;"),
    *(b"<!--" * 500, b"<" * 500, b"&lt;" * 500, b'mode="base64"', b"xml:base='http://[x'"),
)  # fmt: skip


def test_every_feed_is_read_or_refused_with_a_message() -> None:
    read = 0
    for chance in rounds("feeds"):
        document = mutated(chance, chance.choice((RSS, ATOM, JSON, SITEMAP)), PIECES)
        started = time.process_time()
        try:
            found = read_entries(document, "https://news.example/feed", "news.example")
        except NotAFeedError:
            pass
        else:
            read += 1
            for article in found.articles:
                assert article.source == "news.example"
                assert article.url is None or article.url.startswith(("http://", "https://"))
                record = msgspec.json.encode(article)
                if article.text.strip():
                    assert decode_article(record).text == article.text
        assert time.process_time() - started < MOST_SECONDS, document
    assert read
