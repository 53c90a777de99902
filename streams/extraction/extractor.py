"""The entry point of extraction: loads all data once, then reads articles one by one or as a stream."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import msgspec

from detectors.garbage_collection import collector_waits
from detectors.model.article import Country, Event, Official, Organisation, Sentence, Theme
from detectors.vocabulary import country_code
from streams.extraction.draft import Draft, Source
from streams.extraction.events.events import events
from streams.extraction.events.features import Reading
from streams.extraction.events.parties import Parties
from streams.extraction.organisations import organisations
from streams.extraction.people.people import People
from streams.extraction.people.registry import REGISTRY, load_registry
from streams.extraction.people.role_classes import Context
from streams.extraction.places.countries import countries
from streams.extraction.places.outlets import load_outlets
from streams.extraction.text.article_day import article_day
from streams.extraction.text.entities import Entities
from streams.extraction.text.fingerprint import fingerprint
from streams.extraction.themes import TAXONOMY, load_taxonomy, themes

IN_ENGLISH = ("countries", "officials", "organisations", "themes", "events")  # what is extracted from English articles
IN_OTHERS = ("countries",)
BATCH = 64  # articles per call of the entity recogniser
CACHE_SIZE = 512  # articles; an exact copy of one of the last 512 is served from the cache
CACHE_CHARACTERS = 2_000_000  # of their texts in all: what is found in a text of a megabyte takes five in memory


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """The findings in one article; :mod:`detectors.model.article` describes the parts."""

    language: str
    countries: tuple[Country, ...] = ()
    officials: tuple[Official, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    themes: tuple[Theme, ...] = ()
    events: tuple[Event, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    fingerprint: str = ""
    extracted: tuple[str, ...] = ()


class Extractor:
    """Finds countries, officials, organisations and themes in articles.

    ``model`` is the name of an installed spaCy pipeline, whose entity recogniser decides on doubtful names.
    ``registry`` and ``taxonomy`` replace the shipped files; ``outlets`` adds to the shipped one.
    """

    def __init__(
        self,
        *,
        model: str = "en_core_web_sm",
        registry: Path | None = None,
        taxonomy: Path | None = None,
        outlets: Path | None = None,
    ) -> None:
        self._cache: OrderedDict[bytes, tuple[Extraction, int]] = OrderedDict()
        self._cached_characters = 0
        self.entities = Entities(model)
        self._outlets = load_outlets(outlets)
        with collector_waits():
            self.registry = load_registry(registry or REGISTRY)
            self.taxonomy = load_taxonomy(taxonomy or TAXONOMY)
            self._read([Source("", "Warm up: Minister Jane Doe met Mayor John Roe.", "en")])

    def extract(
        self,
        title: str,
        text: str,
        language: str | None = None,
        published_at: str | None = None,
        source: str | None = None,
        url: str | None = None,
        home: str | None = None,
    ) -> Extraction:
        """Extract from one article; offsets are characters of ``title`` and ``text`` as given."""
        return next(self.pipe([Source(title, text, language, published_at, source, url, home)]))

    def pipe(self, articles: Iterable[Source | tuple[str, str] | tuple[str, str, str | None]]) -> Iterator[Extraction]:
        """`extract` for each `Source` or equivalent tuple, in order, with the entity recogniser run in batches."""
        waiting = (Source(*article) for article in articles)
        while batch := list(islice(waiting, BATCH)):
            keys = [self._key(article) for article in batch]
            unread = {key: article for key, article in zip(keys, batch, strict=True) if key not in self._cache}
            found = dict(zip(unread, self._read(list(unread.values())), strict=True))
            found |= {key: self._cache[key][0] for key in keys if key in self._cache}
            for key, article in zip(keys, batch, strict=True):
                self._remember(key, found[key], len(article.title) + len(article.text))
                yield found[key]

    def _remember(self, key: bytes, extraction: Extraction, characters: int) -> None:
        if key not in self._cache:
            self._cache[key] = extraction, characters
            self._cached_characters += characters
        self._cache.move_to_end(key)
        while len(self._cache) > CACHE_SIZE or self._cached_characters > CACHE_CHARACTERS:
            _, (_, left) = self._cache.popitem(last=False)
            self._cached_characters -= left

    def _home(self, source: Source) -> str:
        """The state where the outlet is at home: what the article says, else by the outlet; "" if unknown."""
        given = country_code(source.home) if source.home else None
        return given or self._outlets.home(source.source, source.url)

    def _key(self, source: Source) -> bytes:
        day = article_day(source.published_at, source.text)
        home = self._home(source)
        digest = blake2b(digest_size=16)
        for part in (source.title, source.text, source.language or "", day, home):
            raw = part.encode("utf-8", "surrogatepass")
            digest.update(b"%d " % len(raw))  # length prefixes keep the parts apart
            digest.update(raw)
        return digest.digest()

    def readings(self, articles: Iterable[Source]) -> Iterator[Reading | None]:
        """What the models of events see of each article, in order; None where events are not looked for."""
        waiting = iter(articles)
        while batch := list(islice(waiting, BATCH)):
            for draft in self._drafts(batch):
                yield self._finish(draft)[1]

    def _read(self, articles: list[Source]) -> list[Extraction]:
        return [self._finish(draft)[0] for draft in self._drafts(articles)]

    def _drafts(self, articles: list[Source]) -> list[Draft]:
        drafts = [Draft(article, self.registry, self._home(article)) for article in articles]
        doubts = [(draft, sentence) for draft in drafts for sentence in sorted(draft.doubtful)]
        names = self.entities.names(draft.sentence(sentence) for draft, sentence in doubts)
        for (draft, sentence), named in zip(doubts, names, strict=True):
            draft.settle(sentence, named)
        return drafts

    def _finish(self, draft: Draft) -> tuple[Extraction, Reading | None]:
        document, bounds, mentions = draft.document, draft.bounds, draft.mentions
        lead_end = bounds[min(2, len(bounds) - 1)][1] if bounds else 0
        officials: tuple[Official, ...] = ()
        found_organisations: tuple[Organisation, ...] = ()
        found_themes: tuple[Theme, ...] = ()
        found_events: tuple[Event, ...] = ()
        reading: Reading | None = None
        if draft.reader is not None:
            context = Context(
                Counter(mention.alpha3 for mention in mentions),
                " police" in document.folded or "sheriff" in document.folded,
                self.registry,
                draft.day,
                draft.home,
            )
            officials = People(document, draft.reader, context, self.registry).collect(draft.candidates)
        found_countries = countries(document, mentions, officials, lead_end)
        if draft.reader is not None:
            found_organisations = organisations(document)
            found_themes = themes(document, self.taxonomy, lead_end)
            parties = Parties(document, bounds, mentions, found_countries, officials, found_organisations)
            labels = [theme.theme for theme in found_themes]
            reading = Reading(draft.reader.page, parties, draft.day, labels)
            found_events = events(reading)
        spans = (document.span(start, end) for start, end in bounds)
        found = Extraction(
            language=draft.language,
            countries=found_countries,
            officials=officials,
            organisations=found_organisations,
            themes=found_themes,
            events=found_events,
            sentences=tuple(Sentence(in_=span.in_, start=span.start, end=span.end) for span in spans),
            extracted=IN_ENGLISH if draft.reader is not None else IN_OTHERS,
            fingerprint=fingerprint(document.folded[document.body :]),
        )
        return found, reading
