"""The entry to extraction: everything is loaded once, then articles go through, one by one or in a stream."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from detectors.article import Country, Official, Organisation, Sentence, Theme
from streams.extraction.countries import countries, find_mentions
from streams.extraction.document import Document
from streams.extraction.fingerprint import fingerprint
from streams.extraction.language import detect_language
from streams.extraction.officials import Reader
from streams.extraction.people import People
from streams.extraction.registry import REGISTRY, load_registry
from streams.extraction.roles import Context
from streams.extraction.sentences import sentence_bounds
from streams.extraction.themes import TAXONOMY, load_taxonomy, themes

CACHE_SIZE = 512  # articles; an exact copy of one of the last so many is not read again


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """What is found in one article; see :mod:`detectors.article` for the parts."""

    language: str
    countries: tuple[Country, ...] = ()
    officials: tuple[Official, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    themes: tuple[Theme, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    fingerprint: str = ""


class Extractor:
    """Finds countries, officials, organisations and themes in articles.

    ``model`` is the name of an installed spaCy pipeline; ``registry`` and ``taxonomy`` replace the files that ship.
    """

    def __init__(
        self, *, model: str = "en_core_web_sm", registry: Path | None = None, taxonomy: Path | None = None
    ) -> None:
        self.model = model
        self.registry = load_registry(registry or REGISTRY)
        self.taxonomy = load_taxonomy(taxonomy or TAXONOMY)
        self._cache: OrderedDict[bytes, Extraction] = OrderedDict()
        self._read("", "Warm up.", "en")

    def extract(self, title: str, text: str, language: str | None = None) -> Extraction:
        """What is found in one article; offsets are characters of ``title`` and ``text`` as given."""
        key = blake2b(
            "\0".join((title, text, language or "")).encode("utf-8", "surrogatepass"), digest_size=16
        ).digest()
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._read(title, text, language)
            if len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(key)
        return found

    def pipe(self, articles: Iterable[tuple[str, str, str | None]]) -> Iterator[Extraction]:
        """`extract` over (title, text, language), in the same order."""
        for title, text, language in articles:
            yield self.extract(title, text, language)

    def _read(self, title: str, text: str, language: str | None) -> Extraction:
        document = Document(title, text)
        bounds = sentence_bounds(document.clean)
        code = language or detect_language(document.clean)
        lead_end = bounds[min(2, len(bounds) - 1)][1] if bounds else 0
        mentions = find_mentions(document, code)
        sentences = tuple(
            Sentence(in_=span.in_, start=span.start, end=span.end)
            for span in (document.span(start, end) for start, end in bounds)
        )
        officials: tuple[Official, ...] = ()
        found_themes: tuple[Theme, ...] = ()
        if code == "en":
            reader = Reader(document, bounds, mentions)
            context = Context(
                mentions,
                Counter(mention.alpha3 for mention in mentions),
                " police" in document.folded or "sheriff" in document.folded,
            )
            officials = People(document, reader, context, self.registry).collect(reader.read())
            found_themes = themes(document, self.taxonomy, lead_end)
        return Extraction(
            language=code,
            countries=countries(document, mentions, lead_end),
            officials=officials,
            themes=found_themes,
            sentences=sentences,
            fingerprint=fingerprint(document.folded[document.body :]),
        )
