"""Articles as self-contained HTML pages with the findings marked in their text: one file, or a folder with an index."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from detectors.model.article import EnrichedArticle, Part, Span

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1f24; --paper: #fcfcfa; --line: #d9d9d2; --soft: #5f6670;
  --country: #cfe5ff; --official: #ffe2a8; --organisation: #e3d5fb; --theme: #b5483a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e4; --paper: #17191c; --line: #3a3f45; --soft: #a2a9b2;
  --country: #1d4470; --official: #6b4a0a; --organisation: #4a3570; --theme: #f08c7c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.65 system-ui, sans-serif; }
section { display: grid; grid-template-columns: minmax(0, 1fr) 19rem; gap: 1rem 2rem; align-items: start; }
section + section { margin-top: 2.5rem; padding-top: 2rem; border-top: 2px solid var(--line); }
header { grid-column: 1 / -1; }
nav { font-size: .9rem; } nav a { color: inherit; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 .25rem; }
h2 { font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); margin: 1.4rem 0 .4rem; }
.meta { color: var(--soft); font-size: .85rem; margin: 0; }
article { white-space: pre-wrap; min-width: 0; overflow-wrap: anywhere;
  font-family: Georgia, serif; font-size: 1.06rem; }
mark { color: inherit; border-radius: .2em; padding: 0 .1em; background: none; }
.country { background: var(--country); } .official { background: var(--official); }
.organisation { background: var(--organisation); }
.theme { text-decoration: underline; text-decoration-color: var(--theme); text-decoration-thickness: 2px;
  text-underline-offset: 3px; }
aside ul { list-style: none; margin: 0; padding: 0; font-size: .9rem; line-height: 1.4; }
aside li { padding: .35rem 0; border-bottom: 1px solid var(--line); }
aside small { display: block; color: var(--soft); }
.legend mark { margin-right: .8rem; }
@media (max-width: 48rem) { section { grid-template-columns: 1fr; } body { padding: 1rem; } }
"""


class _Mark(NamedTuple):
    start: int
    end: int
    kind: str
    label: str


def _marks(article: EnrichedArticle) -> dict[Part, list[_Mark]]:
    marks: dict[Part, list[_Mark]] = defaultdict(list)

    def add(spans: tuple[Span, ...], kind: str, label: str) -> None:
        for span in spans:
            marks[span.in_].append(_Mark(span.start, span.end, kind, label))

    for country in article.countries:
        for mention in country.mentions:
            marks[mention.in_].append(_Mark(mention.start, mention.end, "country", f"{country.alpha3} ({mention.via})"))
    for official in article.officials:
        add(official.mentions, "official", " · ".join(filter(None, (official.name, official.role, official.country))))
    for organisation in article.organisations:
        add(organisation.mentions, "organisation", organisation.name)
    for theme in article.themes:
        add(theme.evidence, "theme", theme.theme.replace("_", " "))
    return marks


def _marked(text: str, marks: list[_Mark]) -> str:
    """``text`` escaped, every stretch wrapped in one mark with the classes and labels of all that cover it."""
    edges = sorted({0, len(text), *(edge for mark in marks for edge in (mark.start, mark.end))})
    opening: dict[int, list[_Mark]] = defaultdict(list)
    for mark in marks:
        opening[mark.start].append(mark)
    open_marks: list[_Mark] = []
    pieces: list[str] = []
    for start, end in pairwise(edges):
        open_marks = [mark for mark in open_marks if mark.end > start] + opening[start]
        piece = escape(text[start:end])
        if open_marks:
            kinds = " ".join(dict.fromkeys(mark.kind for mark in open_marks))
            labels = "; ".join(dict.fromkeys(mark.label for mark in open_marks))
            piece = f'<mark class="{kinds}" title="{escape(labels)}">{piece}</mark>'
        pieces.append(piece)
    return "".join(pieces)


def _section(heading: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return f"<h2>{heading}</h2><p class=meta>none</p>"
    items = "".join(f"<li>{escape(first)}<small>{escape(second)}</small></li>" for first, second in rows)
    return f"<h2>{heading}</h2><ul>{items}</ul>"


_LEGEND = (
    '<p class="meta legend"><mark class=country>country</mark><mark class=official>official</mark>'
    "<mark class=organisation>organisation</mark><mark class=theme>theme</mark></p>"
)


def highlight(articles: Sequence[EnrichedArticle]) -> str:
    """A complete HTML document: each article's text with marks, and lists of what was found; links where several."""
    first = articles[0]
    title = (first.title or first.id) if len(articles) == 1 else f"{len(articles)} articles"
    links = "".join(
        f'<li><a href="#a{number}">{escape(article.title or article.id)}</a></li>'
        for number, article in enumerate(articles, start=1)
    )
    contents = f"<nav><ol>{links}</ol></nav>\n" if len(articles) > 1 else ""
    sections = "\n".join(_article(article, number) for number, article in enumerate(articles, start=1))
    return (
        f'<!doctype html>\n<html lang="{escape(first.language or "en")}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{contents}{sections}\n</body>\n</html>\n"
    )


def _article(article: EnrichedArticle, number: int) -> str:
    marks = _marks(article)
    official_rows = [
        (
            official.name,
            ", ".join(
                filter(
                    None,
                    (
                        f"{'former ' if official.former else ''}{official.role or ''}".strip(),
                        (official.role_class or "").replace("_", " "),
                        official.country,
                        official.organisation,
                        f"confidence {official.confidence:.2f}",
                    ),
                )
            ),
        )
        for official in article.officials
    ]
    country_rows = [
        (country.alpha3, f"{country.salience}, {len(country.mentions)} mention{'s' * (len(country.mentions) != 1)}")
        for country in article.countries
    ]
    theme_rows = [(theme.theme.replace("_", " "), f"score {theme.score:.2f}") for theme in article.themes]
    organisation_rows = [
        (o.name, ", ".join(filter(None, (o.kind and o.kind.replace("_", " "), o.country))))
        for o in article.organisations
    ]
    meta = " · ".join(filter(None, (article.source, article.published_at, article.language, article.url)))
    heading = _marked(article.title, marks["title"]) if article.title else escape(article.id)
    sections = (
        _section("Officials", official_rows)
        + _section("Countries", country_rows)
        + _section("Organisations", organisation_rows)
        + _section("Themes", theme_rows)
    )
    return (
        f'<section id="a{number}">\n<header><h1>{heading}</h1><p class=meta>{escape(meta)}</p>{_LEGEND}</header>\n'
        f"<article>{_marked(article.text, marks['text'])}</article>\n<aside>{sections}</aside>\n</section>"
    )


def write_pages(articles: Sequence[EnrichedArticle], place: Path) -> Path:
    """Write the pages; returns the one to open: ``place`` itself, or its ``index.html``.

    Several articles go into one page where ``place`` ends in ``.html``, else each into its own in the folder ``place``.

    Raises:
        OSError: the file or folder cannot be written.
    """
    if not place.is_dir() and (len(articles) == 1 or place.suffix in {".html", ".htm"}):
        place.write_text(highlight(articles), encoding="utf-8")
        return place
    place.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, article in enumerate(articles, start=1):
        name = f"{number:05d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', article.id)[:60]}.html"
        (place / name).write_text(highlight([article]), encoding="utf-8")
        rows.append(f'<li><a href="{escape(name)}">{escape(article.title or article.id)}</a></li>')
    index = place / "index.html"
    index.write_text(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>articles</title>\n</head>\n'
        f"<body>\n<ol>\n{''.join(rows)}\n</ol>\n</body>\n</html>\n",
        encoding="utf-8",
    )
    return index
