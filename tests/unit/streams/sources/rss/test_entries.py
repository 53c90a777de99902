"""Entries of feeds, good and bad."""

from pathlib import Path

import pytest

from streams.records.article import Article
from streams.sources.rss.entries import Entries, NotAFeedError, oldest_first, read_entries

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
        id=first.id,
        title="Talks & tea",
        text="Ministers met.\n\nThey\n            parted.",
        url="https://news.example/1",
        source="news.example",
        published_at="2015-11-03T04:00:00Z",
    )
    assert second.url == "https://rss.news.example/2"
    assert {first.id[:5], second.id[:5]} == {"feed-", "link-"}
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


def case(name: str, url: str = URL, **headers: str) -> tuple[Article, ...]:
    """A feed as somebody met it; nothing of it is left out."""
    content = (Path(__file__).parent / "cases" / name).read_bytes()
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    found = read_entries(content, url, "news.example", headers=given)
    assert not found.left_out
    return found.articles


def test_a_date_of_zeros_costs_neither_its_entry_nor_the_others() -> None:
    assert [article.published_at for article in case("01-zero-date.xml")] == [
        "2025-11-03T09:00:00Z",
        "0000-00-00 00:00:00",
        "2025-11-03T09:00:00Z",
    ]


def test_an_emoji_in_two_halves_is_one() -> None:
    assert [article.text for article in case("02-surrogate-ref.xml")][1] == "Well done \N{GRINNING FACE}"


def test_a_headline_without_a_text_is_an_article() -> None:
    texts = [article.text for article in case("03-headlines-only.xml")]
    assert texts == ["President Tokayev receives Rubio in Astana", "Uzbekistan opens border"]


def test_what_only_looks_like_a_tag_is_text() -> None:
    (article,) = case("04-less-than.xml")
    assert article.title == "Inflation <5% and growth >3% in Turkey"
    assert article.text == "Debt < 60% of output, the minister in Ankara said; growth > 3%."


def test_cells_and_captions_do_not_glue() -> None:
    (article,) = case("05-glued-cells.xml")
    assert article.text.split() == [
        "Kazakhstan",
        "Uzbekistan",
        "Iran",
        "Iraq",
        "Photo:",
        "Astana",
        "Marco",
        "Rubio",
        "left.",
    ]


def test_an_aggregator_names_the_outlet_of_each_entry() -> None:
    found = case("06-aggregator.xml")
    assert [article.source for article in found] == ["outlet-1.example", "outlet-2.example", "outlet-3.example"]
    content = (Path(__file__).parent / "cases" / "06-aggregator.xml").read_bytes()
    named = read_entries(content, URL, "wire", named=True).articles
    assert {article.source for article in named} == {"wire"}


def test_a_guid_is_unique_in_its_feed_only() -> None:
    feeds = ("a", "b", "c")
    ids = [case(f"08-same-guid-{feed}.xml", f"https://outlet-{feed}.example/rss")[0].id for feed in feeds]
    assert len(set(ids)) == 3
    assert case("08-same-guid-a.xml", "http://www.outlet-a.example/rss?utm_source=x")[0].id == ids[0]


def test_a_changed_text_keeps_its_id() -> None:
    before, after = (read(rss(ITEM.replace("Fine.", text))).articles[0] for text in ("Fine.", "Finer."))
    assert before.id == after.id
    assert before.content_hash != after.content_hash


def test_the_charset_of_the_answer_goes_before_what_the_document_says() -> None:
    (article,) = case("09-koi8-no-prolog.xml", content_type="text/xml; charset=koi8-r")
    assert article.title == "Президент Казахстана"


@pytest.mark.parametrize(
    "charset", ["koi8-r", "cp1251", "gb18030", "shift_jis", "euc-jp", "cp1256", "latin1", "utf-16"]
)
@pytest.mark.parametrize("declared", ["header", "prolog", "wrong prolog"])
def test_charsets(charset: str, declared: str) -> None:
    title = {"koi8-r": "Казахстан", "cp1251": "Казахстан", "gb18030": "哈萨克斯坦总统", "cp1256": "الرئيس"}.get(charset)
    title = title or ("大統領が訪問" if charset in {"shift_jis", "euc-jp"} else "Président élu")
    prolog = {"header": "", "prolog": charset, "wrong prolog": "iso-8859-2"}[declared]
    declaration = f'<?xml version="1.0" encoding="{prolog}"?>' if prolog else ""
    document = declaration + ITEM.join(("<rss version='2.0'><channel>", "</channel></rss>")).replace("Good", title)
    kind = "text/xml" if declared == "prolog" else f"application/rss+xml; charset={charset}"
    found = read_entries(document.encode(charset), URL, "s", headers={"content-type": kind})
    assert found.articles[0].title == title


def test_utf_8_is_seen_whatever_a_server_says_of_all_its_files() -> None:
    document = rss(ITEM.replace("Good", "Erdoğan in Тирана"))
    found = read_entries(document, URL, "s", headers={"content-type": "text/xml; charset=iso-8859-1"})
    assert found.articles[0].title == "Erdoğan in Тирана"


def test_a_link_is_absolute() -> None:
    assert case("10-relative-link.xml")[0].url == "https://rss.news.example/news/1"
    padded = read(rss("<item><title>T</title><link>\n  https://u:p@news.example/1\n </link></item>")).articles[0]
    assert padded.url == "https://news.example/1"


def test_content_that_is_no_text_is_not_the_text() -> None:
    assert [article.text for article in case("11-atom-content-types.xml")] == ["Talks in Iran."] * 2


def test_the_longest_text_wins_and_not_the_longest_markup() -> None:
    (article,) = case("24-teaser-beats-content.xml")
    assert article.text.startswith("U.S. Secretary of State Marco Rubio met President Tokayev")


def test_the_language_of_the_channel_is_that_of_its_entries_unless_the_script_is_another() -> None:
    assert case("25-channel-language.xml")[0].language == "en-us"
    content = rss("<language>en-US</language>", "<item><title>Президент Казахстана</title></item>")
    assert read(content).articles[0].language is None


def test_feeds_go_out_oldest_first() -> None:
    dated = "<item><title>{0}</title><pubDate>Tue, 0{0} Nov 2015 09:00:00 GMT</pubDate></item>".format
    undated = "<item><title>undated</title></item>"
    found = oldest_first(read(rss(dated(4), undated, dated(2), dated(3))).articles)
    assert [article.title for article in found] == ["2", "undated", "3", "4"]
    assert [article.title for article in oldest_first(read(rss(undated, undated.replace("un", ""))).articles)] == [
        "dated",
        "undated",
    ]


def test_every_entry_with_a_title_or_a_text_becomes_an_article() -> None:
    found = read(
        rss("<item><description>&lt;img alt='Map of Iran'&gt;</description></item>", "<item><guid>1</guid></item>")
    )
    assert [article.text for article in found.articles] == ["Map of Iran"]
    assert found.left_out == ("entry 2 is left out: it has neither title nor text",)


def test_a_text_in_base64_of_no_known_type_is_read_where_there_is_nothing_else() -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="{}">{}</content></entry></feed>"""
    (article,) = read(atom.format("application/octet-stream", "VGFsa3MgZW5kZWQu").encode()).articles
    assert article.text == "Talks ended."
    assert not read(atom.format("image/png", "iVBORw0KGgoAAAANSUhEUgAAAAE=").encode()).articles


def test_a_page_says_where_its_feed_is() -> None:
    page = b"<html><head><link rel='alternate' type='application/rss+xml' href='/rss.xml'></head></html>"
    with pytest.raises(NotAFeedError, match=r"a page that names its feed: https://rss\.news\.example/rss\.xml"):
        read(page)


def test_a_document_is_never_taken_for_the_name_of_a_file() -> None:
    with pytest.raises(NotAFeedError):
        read(__file__.encode())
