"""Pages of findings: readable without anything else, the text complete, everything found marked."""

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from detectors.model.article import EnrichedArticle
from streams.extraction.extractor import Extractor
from streams.pages.highlight import highlight, write_pages
from streams.pipeline.enrich import enrich_lines
from streams.sources.files import Line

NOW = datetime(2025, 3, 1, tzinfo=UTC)
LINES = [
    b'{"id": "a/1", "title": "Kerry in <Dushanbe>", "text": "Secretary of State John Kerry met the U.N. envoy & Tajik police.\\nHe left."}',
    b'{"id": "a2", "text": "The mayor of Osh spoke."}',
]


@pytest.fixture(scope="module")
def articles() -> list[EnrichedArticle]:
    lines = [Line("articles.jsonl", number, value) for number, value in enumerate(LINES, start=1)]
    found = list(enrich_lines(Extractor(), lines, NOW))
    return [article for article in found if isinstance(article, EnrichedArticle)]


def test_the_text_is_complete_and_what_was_found_is_marked(articles: list[EnrichedArticle]) -> None:
    page = highlight(articles[:1])
    body = re.search(r"<article>(.*)</article>", page, re.DOTALL)
    assert body is not None
    assert unescape(re.sub(r"<[^>]+>", "", body[1])) == articles[0].text
    assert re.search(r'<mark class="official[^"]*" title="John Kerry[^"]*">John Kerry</mark>', page)
    assert re.search(r'<mark class="country[^"]*" title="TJK[^"]*">Tajik</mark>', page)
    assert "&lt;" in page
    assert "<Dushanbe>" not in page


def test_a_page_needs_nothing_else(articles: list[EnrichedArticle]) -> None:
    page = highlight(articles)
    assert not re.search(r"<(?:script|link|img|iframe)|@import|url[(]", page)
    assert page.count("<section") == 2


def test_one_page_or_a_folder_of_pages(articles: list[EnrichedArticle], tmp_path: Path) -> None:
    assert write_pages(articles, tmp_path / "found.html") == tmp_path / "found.html"
    assert write_pages(articles, tmp_path / "found.html") == tmp_path / "found.html"  # written anew
    assert write_pages(articles, tmp_path / "pages") == tmp_path / "pages" / "index.html"
    assert sorted(file.name for file in (tmp_path / "pages").iterdir()) == [
        "00001-a-1.html",
        "00002-a2.html",
        "index.html",
    ]
