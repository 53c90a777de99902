"""The themes of an article, by a taxonomy of weighted terms that users can edit (``data/taxonomy.yaml``)."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import re2

from detectors.model.article import Theme
from streams.extraction.text.data_files import DATA, read_entries
from streams.extraction.text.document import Document
from streams.extraction.text.lexicon import Hit, Lexicon

TAXONOMY = DATA / "taxonomy.yaml"
_REPEAT = 0.5  # each further mention of a term counts half as much as the previous one
_EVIDENCE = 40  # spans per theme
_MOST = 4  # themes per article


class ThemeTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of a theme by weight (3: strong ... 1: weak), the terms against it, and its threshold.

    ``patterns`` are RE2 expressions by weight, for what a list of terms cannot express. They match the folded text:
    lower case, no accents, a blank for every character that is not a letter or digit.
    """

    terms: dict[float, tuple[str, ...]]
    patterns: dict[float, tuple[str, ...]] = {}
    against: tuple[str, ...] = ()
    threshold: float = 5.0

    def __post_init__(self) -> None:
        for patterns in self.patterns.values():
            for pattern in patterns:
                try:
                    re2.compile(pattern)
                except re2.error as error:
                    raise ValueError(f"expected an RE2 pattern, found {pattern!r}: {error}") from None


class TermValue(NamedTuple):
    theme: str
    weight: float


class Taxonomy:
    """A taxonomy ready for use."""

    def __init__(self, themes: dict[str, ThemeTerms]) -> None:
        self.themes = themes
        self.lexicon: Lexicon[TermValue] = Lexicon()
        for name, entry in themes.items():
            for weight, terms in entry.terms.items():
                for term in terms:
                    self.lexicon.add(term, TermValue(name, weight))
            for term in entry.against:
                self.lexicon.add(term, TermValue(name, -3.0))
        self.lexicon.close()
        self.patterns = tuple(
            (re2.compile(pattern), TermValue(name, weight))
            for name, entry in themes.items()
            for weight, patterns in entry.patterns.items()
            for pattern in patterns
        )

    def hits(self, folded: str) -> list[Hit[TermValue]]:
        """All occurrences of terms and patterns in a folded text."""
        found = self.lexicon.hits(folded)
        for pattern, value in self.patterns:
            found += [Hit(match.start(), match.end(), value) for match in pattern.finditer(folded)]
        return found


@lru_cache(maxsize=4)
def load_taxonomy(path: Path = TAXONOMY) -> Taxonomy:
    """Read a taxonomy file (YAML). Raises DataFileError."""
    return Taxonomy(_read(path))


def themes_in(path: Path) -> frozenset[str]:
    """The labels of a taxonomy file. Raises DataFileError."""
    return frozenset(_read(path))


def _read(path: Path) -> dict[str, ThemeTerms]:
    return read_entries(path, dict[str, ThemeTerms])


def themes(document: Document, taxonomy: Taxonomy, lead_end: int) -> tuple[Theme, ...]:
    """The themes of the article, best first, with the spans that support them."""
    length = max(120, document.folded.count(" "))
    scale = math.sqrt(300 / length) if length > 300 else 1.0
    counts: dict[tuple[str, str], int] = defaultdict(int)
    scores: dict[str, float] = defaultdict(float)
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    hit: Hit[TermValue]
    for hit in taxonomy.hits(document.folded):
        theme, weight = hit.value
        key = (theme, document.folded[hit.start : hit.end])
        position = 2.0 if hit.start < lead_end else 1.0
        scores[theme] += weight * position * _REPEAT ** min(counts[key], 8) * (scale if position == 1.0 else 1.0)
        counts[key] += 1
        if weight > 0:
            spans[theme].append((hit.start, hit.end))
    found = []
    for theme, score in scores.items():
        threshold = taxonomy.themes[theme].threshold
        if score >= threshold:
            evidence = tuple(document.span(start, end) for start, end in sorted(set(spans[theme]))[:_EVIDENCE])
            found.append(Theme(theme=theme, score=round(1 - 0.5 * threshold / score, 3), evidence=evidence))
    found.sort(key=lambda found_theme: -found_theme.score)
    return tuple(found[:_MOST])
