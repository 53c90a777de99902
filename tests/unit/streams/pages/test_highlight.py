"""Pages of findings: self-contained, with the complete text and all findings marked."""

import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from detectors.model.article import (
    Country,
    CountryMention,
    EnrichedArticle,
    Event,
    Official,
    Organisation,
    Party,
    Sentence,
    Span,
    Theme,
)
from streams.extraction.extractor import Extractor
from streams.pages.highlight import highlight, write_pages
from streams.pipeline.enrich import enrich_lines
from streams.sources.files import Line

NOW = datetime(2025, 3, 1, tzinfo=UTC)
LINES = [
    b'{"id": "a/1", "title": "Kerry in <Dushanbe>", "text": "Secretary of State John Kerry met the U.N. envoy & Tajik police.\\nHe left."}',
    b'{"id": "a2", "text": "The mayor of Osh spoke."}',
]


TEXT = '\n  Kerry & <b>Lavrov</b> "met"\n\nin Washington; the State Department\'s envoy left.\n'


def span(text: str, start: int = 0) -> Span:
    start = TEXT.index(text, start)
    return Span(in_="text", start=start, end=start + len(text), text=text)


#: Marks that overlap, nest and touch; every list both empty and filled; text that HTML would interpret.
MADE = [
    EnrichedArticle(
        id="m<1>",
        title="Kerry's <visit> & more",
        text=TEXT,
        url="https://wire.example/?a=1&b=2",
        source='The "Wire"',
        language="en",
        published_at="2025-03-01T10:00:00Z",
        received_at=NOW,
        event_time=NOW,
        countries=(
            Country("USA", "main", (CountryMention("text", 35, 45, "Washington", "capital"),)),
            Country("RUS", "mentioned"),
        ),
        officials=(
            Official(
                "Q1",
                "John Kerry",
                (Span("title", 0, 5, "Kerry"), span("Kerry")),
                role="Secretary of State",
                role_class="foreign_minister",
                country="USA",
                organisation="State Department",
                former=True,
                confidence=0.875,
            ),
            Official("Q2", 'Sergey "L" Lavrov', (span("<b>Lavrov</b>"),)),
        ),
        organisations=(
            Organisation("State Department", kind="state_body", country="USA", mentions=(span("State Department"),)),
            Organisation("NATO"),
        ),
        themes=(
            Theme("foreign_affairs", 0.5, (span("Kerry & <b>Lavrov"), span("met"), span("Washington; the State"))),
        ),
        events=(
            Event(
                "meeting",
                "planned",
                actors=(Party("USA", "John Kerry", "Q1"),),
                targets=(Party(name="Lavrov Group"),),
                place="USA",
                confidence=0.75,
                trigger=span("in Washington"),
            ),
        ),
        sentences=(Sentence("text", TEXT.index("in W"), TEXT.index(" the State")),),
    ),
    EnrichedArticle(id="m2", text="Nothing.", received_at=NOW, event_time=NOW),
]


class Parsed(HTMLParser):
    """A page's elements and texts in order; white space counts only in an article and its heading."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self._open: list[str] = []
        self._text = ""
        self.feed(page)
        self.close()
        self._end_text()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_text()
        self.found.append((tag, sorted(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._end_text()
        assert self._open.pop() == tag
        self.found.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end_text(self) -> None:
        text, self._text = self._text, ""
        if not {"article", "h1"} & set(self._open):
            text = " ".join(text.split())
        if text and "style" not in self._open:
            self.found.append(text)


@pytest.fixture(scope="module")
def articles() -> list[EnrichedArticle]:
    lines = [Line("articles.jsonl", number, value) for number, value in enumerate(LINES, start=1)]
    found = list(enrich_lines(Extractor(), lines, NOW))
    return [article for article in found if isinstance(article, EnrichedArticle)]


def test_the_text_is_complete_and_all_findings_are_marked(articles: list[EnrichedArticle]) -> None:
    page = highlight(articles[:1])
    body = re.search(r"<article>(.*)</article>", page, re.DOTALL)
    assert body is not None
    assert unescape(re.sub(r"<[^>]+>", "", body[1])) == articles[0].text
    assert re.search(r'<mark class="[^"]*\bofficial\b[^"]*" title="[^"]*John Kerry[^"]*">John Kerry</mark>', page)
    assert re.search(r'<mark class="[^"]*\bcountry\b[^"]*" title="[^"]*TJK[^"]*">Tajik</mark>', page)
    assert "&lt;" in page
    assert "<Dushanbe>" not in page


def test_a_page_is_self_contained(articles: list[EnrichedArticle]) -> None:
    page = highlight(articles)
    assert not re.search(r"<(?:script|link|img|iframe)|@import|url[(]", page)
    assert page.count("<section") == 2


def test_one_page_or_a_folder_of_pages(articles: list[EnrichedArticle], tmp_path: Path) -> None:
    assert write_pages(articles, tmp_path / "found.html") == tmp_path / "found.html"
    assert write_pages(articles, tmp_path / "found.html") == tmp_path / "found.html"  # overwritten
    assert write_pages(articles, tmp_path / "pages") == tmp_path / "pages" / "index.html"
    assert sorted(file.name for file in (tmp_path / "pages").iterdir()) == [
        "00001-a-1.html",
        "00002-a2.html",
        "index.html",
    ]


POLICY = (
    "meta",
    [
        ("content", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
        ("http-equiv", "Content-Security-Policy"),
    ],
)


def test_findings_are_listed_with_their_details() -> None:
    found = [text for text in Parsed(highlight(MADE[:1])).found if isinstance(text, str)]
    listed = found[found.index("Events") :]
    assert [text for text in listed if not text.startswith("/")] == [
        "Events", "meeting, planned: John Kerry (USA) → Lavrov Group, in USA", "“in Washington;” (confidence 0.75)",
        "Officials", "John Kerry", "former Secretary of State, foreign minister, USA, State Department, confidence 0.88",
        'Sergey "L" Lavrov', "confidence 1.00",
        "Countries", "USA", "main, 1 mention", "RUS", "mentioned, 0 mentions",
        "Organisations", "State Department", "state body, USA", "NATO",
        "Themes", "foreign affairs", "score 0.50",
    ]  # fmt: skip
    assert "none" in Parsed(highlight(MADE[1:])).found


def test_a_page_may_load_and_run_nothing() -> None:
    """Nothing unescaped is known; if something were, the browser would still not obey it."""
    assert POLICY in Parsed(highlight(MADE)).found


def test_article_content_is_escaped() -> None:
    tag = "<script>alert('\"')</script>"
    article = EnrichedArticle(
        id=tag,
        title=tag,
        text=tag,
        url=tag,
        source=tag,
        language=tag,
        published_at=tag,
        received_at=NOW,
        event_time=NOW,
        officials=(Official(tag, tag, (Span("text", 0, 3, "<sc"),), role=tag, country=tag, organisation=tag),),
    )
    assert not {"script"} & {found[0] for found in Parsed(highlight([article])).found if isinstance(found, tuple)}


def test_the_index_shows_the_source_and_date_of_each_article(tmp_path: Path) -> None:
    index = write_pages(MADE, tmp_path / "pages").read_text()
    found = Parsed(index).found
    assert ("meta", [("content", "width=device-width, initial-scale=1"), ("name", "viewport")]) in found
    assert "2 articles" in found
    entry = found.index(("a", [("href", "00001-m-1-.html")]))
    assert found[entry : entry + 6] == [
        ("a", [("href", "00001-m-1-.html")]),
        "Kerry's <visit> & more",
        "/a",
        ("p", [("class", "meta")]),
        'The "Wire" · 2025-03-01T10:00:00Z · en',
        "/p",
    ]
    assert re.search(r"<style>(.*)</style>", index, re.DOTALL)[1] in highlight(MADE)  # type: ignore[index]
