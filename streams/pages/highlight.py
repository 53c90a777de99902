"""Self-contained HTML pages of articles with the findings marked in their text: one file, or a folder with an index.

The templates beside this module, ``articles.html.jinja`` and ``index.html.jinja``, use automatic escaping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from detectors.model.article import EnrichedArticle, Event, Official
from streams.pages.marks import Piece, marks_of, pieces, sentence_of, told

TEMPLATES = Environment(
    loader=PackageLoader("streams.pages", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


class Row(NamedTuple):
    """One finding."""

    name: str
    details: str


class Found(NamedTuple):
    """All findings of one kind."""

    heading: str
    rows: list[Row]


class View(NamedTuple):
    """An article as the template shows it."""

    name: str
    heading: list[Piece]
    meta: str
    text: list[Piece]
    found: list[Found]


class Page(NamedTuple):
    """An entry of the index."""

    file: str
    name: str
    meta: str


def highlight(articles: Sequence[EnrichedArticle]) -> str:
    """Return a complete HTML document: each article's marked text and findings, with links if there are several."""
    first = articles[0]
    return TEMPLATES.get_template("articles.html.jinja").render(
        language=first.language or "en",
        title=_name(first) if len(articles) == 1 else f"{len(articles)} articles",
        views=[_view(article) for article in articles],
    )


def write_pages(articles: Sequence[EnrichedArticle], place: Path) -> Path:
    """Write the pages and return the one to open: ``place`` itself, or its ``index.html``.

    Several articles go into one page if ``place`` ends in ``.html``, else each into its own in the folder ``place``.

    Raises:
        OSError: the file or folder cannot be written.
    """
    if not place.is_dir() and (len(articles) == 1 or place.suffix in {".html", ".htm"}):
        place.write_text(highlight(articles), encoding="utf-8")
        return place
    place.mkdir(parents=True, exist_ok=True)
    pages = []
    for number, article in enumerate(articles, start=1):
        file = f"{number:05d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', article.id)[:60]}.html"
        (place / file).write_text(highlight([article]), encoding="utf-8")
        pages.append(Page(file, _name(article), _listed(article.source, article.published_at, article.language)))
    index = place / "index.html"
    title = _count(len(pages), "article")
    index.write_text(
        TEMPLATES.get_template("index.html.jinja").render(language="en", title=title, pages=pages), encoding="utf-8"
    )
    return index


def _view(article: EnrichedArticle) -> View:
    marks = marks_of(article)
    return View(
        name=_name(article),
        heading=list(pieces(article.title, marks["title"])) if article.title else [Piece(article.id)],
        meta=_listed(article.source, article.published_at, article.language, article.url),
        text=list(pieces(article.text, marks["text"])),
        found=list(_found(article)),
    )


def _found(article: EnrichedArticle) -> Iterator[Found]:
    yield Found("Events", [Row(told(event), _sentence(article, event)) for event in article.events])
    yield Found("Officials", [Row(official.name, _details(official)) for official in article.officials])
    yield Found(
        "Countries",
        [
            Row(country.alpha3, f"{country.salience}, {_count(len(country.mentions), 'mention')}")
            for country in article.countries
        ],
    )
    yield Found(
        "Organisations",
        [
            Row(found.name, ", ".join(filter(None, (_words(found.kind), found.country))))
            for found in article.organisations
        ],
    )
    yield Found("Themes", [Row(_words(theme.theme), f"score {theme.score:.2f}") for theme in article.themes])


def _sentence(article: EnrichedArticle, event: Event) -> str:
    confidence = f"confidence {event.confidence:.2f}"
    found = sentence_of(article, event)
    if found is None:
        return confidence
    part = article.title if found.in_ == "title" else article.text
    return f"“{' '.join(part[found.start : found.end].split())}” ({confidence})"


def _details(official: Official) -> str:
    role = f"{'former ' if official.former else ''}{official.role or ''}".strip()
    details = (role, _words(official.role_class), official.country, official.organisation)
    return ", ".join((*filter(None, details), f"confidence {official.confidence:.2f}"))


def _name(article: EnrichedArticle) -> str:
    return article.title or article.id


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _words(label: str | None) -> str:
    return (label or "").replace("_", " ")


def _listed(*parts: str | None) -> str:
    return " · ".join(filter(None, parts))
