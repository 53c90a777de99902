"""An article's findings as marks on its title and text, and the text split where marks begin and end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from detectors.model.article import EnrichedArticle, Part, Span


class Mark(NamedTuple):
    """A span of a text and its finding: ``kind`` is a CSS class, ``label`` is shown on hover."""

    start: int
    end: int
    kind: str
    label: str


class Piece(NamedTuple):
    """A span of a text that the same marks cover from end to end."""

    text: str
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def marks_of(article: EnrichedArticle) -> dict[Part, list[Mark]]:
    """Return all marks on the title and on the text."""
    marks: dict[Part, list[Mark]] = defaultdict(list)

    def add(spans: tuple[Span, ...], kind: str, label: str) -> None:
        for span in spans:
            marks[span.in_].append(Mark(span.start, span.end, kind, label))

    for country in article.countries:
        for mention in country.mentions:
            marks[mention.in_].append(Mark(mention.start, mention.end, "country", f"{country.alpha3} ({mention.via})"))
    for official in article.officials:
        add(official.mentions, "official", " · ".join(filter(None, (official.name, official.role, official.country))))
    for organisation in article.organisations:
        add(organisation.mentions, "organisation", organisation.name)
    for theme in article.themes:
        add(theme.evidence, "theme", theme.theme.replace("_", " "))
    return marks


def pieces(text: str, marks: Sequence[Mark]) -> Iterator[Piece]:
    """Split ``text`` at the edges of the marks; the joined pieces are the text."""
    edges = sorted({0, len(text), *(edge for mark in marks for edge in (mark.start, mark.end))})
    opening: dict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        opening[mark.start].append(mark)
    covering: list[Mark] = []
    for start, end in pairwise(edges):
        covering = [mark for mark in (*covering, *opening[start]) if mark.end > start]
        kinds = tuple(dict.fromkeys(mark.kind for mark in covering))
        yield Piece(text[start:end], kinds, tuple(dict.fromkeys(mark.label for mark in covering)))
