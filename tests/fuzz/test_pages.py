"""HTML pages in which something of an article is more than text."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from html.parser import HTMLParser

from streams.extraction.extractor import Extractor
from streams.pages.highlight import highlight
from streams.pipeline.enrich import join
from streams.records.article import Article
from tests.rigs.fuzz import MOST_SECONDS, rounds

WORDS = (
    "President Macron", "Iran", "Secretary of State John Kerry", "coup", "riot police", "<script>alert(1)</script>", "<b>",
    "</mark>", "'", '"', "&lt;", "&#x3c;", "\x00", "\u202e", "\u200b", "\n", " ", ".", "<!--", "]]>", "{{ 7*7 }}", "{% if",
    "javascript:alert(1)", "<svg/onload=alert(1)>", "\ud800".encode("utf-8", "replace").decode(), "é", "中文", "U.S.",
)  # fmt: skip


class _Tags(HTMLParser):
    """The elements of a page, and the addresses that it links to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def _text(chance: random.Random, most: int) -> str:
    return "".join(chance.choice(WORDS) + chance.choice(("", " ")) for _ in range(chance.randrange(1, most)))


def test_nothing_of_an_article_becomes_markup() -> None:
    extractor = Extractor()
    now = datetime(2025, 3, 1, tzinfo=UTC)

    def page(title: str, text: str, other: str) -> str:
        article = Article(id=other, title=title, text=text, url=other, source=other, published_at=other)
        return highlight([join(article, extractor.extract(title, text), now)])

    plain = "President Macron of France met Secretary of State John Kerry in Iran. Riot police fired tear gas. A coup."
    usual = _Tags(page(plain, plain, "https://news.example/"))
    for chance in rounds("pages"):
        title, text, other = _text(chance, 6), _text(chance, 60), _text(chance, 4)
        started = time.process_time()
        shown = page(title, text, other)
        assert time.process_time() - started < MOST_SECONDS
        tags = _Tags(shown)
        assert tags.names <= usual.names, tags.names - usual.names
        assert tags.attributes <= usual.attributes, tags.attributes - usual.attributes
        assert all(link.startswith(("http://", "https://", "#", "data:")) or link in usual.links for link in tags.links)
