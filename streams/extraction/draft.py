"""An article after the first pass: what gazetteers and the grammar of titles find, and which names are doubtful."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from detectors.languages import language_code
from streams.extraction.offices.candidates import Candidate, Reader
from streams.extraction.offices.page import Page
from streams.extraction.people.registry import Registry
from streams.extraction.places.countries import find_mentions
from streams.extraction.text.article_day import article_day
from streams.extraction.text.document import Document
from streams.extraction.text.language import SAMPLE, detect_language
from streams.extraction.text.names import HONORIFICS
from streams.extraction.text.sentences import sentence_bounds
from streams.extraction.text.spellings import surname

#: Limits on doubtful sentences to settle, and on characters of each; the entity recogniser is slow.
_CROWNED = frozenset({"King", "Queen", "Pope", "Emperor", "Emir", "Sultan"})
_MOST_DOUBTS = 100
_SENTENCE = 1000


class Source(NamedTuple):
    """The parts of an article that extraction reads.

    ``published_at`` decides who held an office then; ``source`` (name or domain) and ``url`` say where the outlet is,
    unless ``home`` does: a state by code or English name.
    """

    title: str
    text: str
    language: str | None = None
    published_at: str | None = None
    source: str | None = None
    url: str | None = None
    home: str | None = None


class Draft:
    """The first pass over one article. ``candidates`` are names next to offices; officials are read in English only.

    ``home`` is the state where its outlet is at home, "" if unknown.
    """

    def __init__(self, source: Source, registry: Registry, home: str = "") -> None:
        self.document = Document(source.title, source.text)
        self.day = article_day(source.published_at, source.text)
        self.bounds = sentence_bounds(self.document.clean)
        self.language = language_code(source.language or "") or detect_language(
            self.document.written(self.document.clean[:SAMPLE])
        )
        self.home = home
        self.mentions = find_mentions(self.document, self.language, home)
        self.reader: Reader | None = None
        self.candidates: list[Candidate] = []
        self._doubts: dict[int, list[Candidate]] = {}
        if self.language == "en":
            self.reader = Reader(Page(self.document, self.bounds, self.mentions))
            self.candidates = self.reader.read()
            self._find_doubts(registry)

    @property
    def doubtful(self) -> set[int]:
        """The numbers of sentences in which a candidate is a single word without other support."""
        return set(islice(self._doubts, _MOST_DOUBTS))

    def sentence(self, number: int) -> str:
        """The clean text of a doubtful sentence."""
        start, end = self.bounds[number]
        return self.document.clean[start : min(end, start + _SENTENCE)]

    def settle(self, number: int, named: list[tuple[int, int]]) -> None:
        """Drop the doubtful candidates of a sentence that overlap no ``named`` span in it."""
        offset = self.bounds[number][0]
        for candidate in self._doubts[number]:
            start, end = candidate.start - offset, candidate.end - offset
            if end < _SENTENCE and not any(first < end and start < last for first, last in named):
                self.candidates.remove(candidate)

    def _find_doubts(self, registry: Registry) -> None:
        clean = self.document.clean
        names = [clean[candidate.start : candidate.end] for candidate in self.candidates]
        vouched = {surname(name) for name in names if " " in name}
        for candidate, name in zip(self.candidates, names, strict=True):
            before = clean[: candidate.start].rpartition(" ")[0].rpartition(" ")[2] if candidate.start else ""
            honoured = before.rstrip(".") in HONORIFICS
            crowned = candidate.head.label == "head_of_state" and before in _CROWNED
            if (
                " " not in name
                and not (honoured or crowned)
                and surname(name) not in vouched
                and surname(name) not in registry.surnames
            ):
                self._doubts.setdefault(candidate.sentence, []).append(candidate)
