"""Unit test files of rules: the articles, and the alerts that they should produce."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from detectors.authoring.given_events import GivenEvent, given_event
from detectors.conditions.fields import EXTRACTED
from detectors.model.article import Country, EnrichedArticle, MetaValue, Official, Organisation, Sentence, Theme
from detectors.model.event_time import OLDEST, event_time, parse_time, published_time
from detectors.reading.countries import unknown_country
from detectors.reading.files import read_document
from detectors.reading.nodes import Mapping, Sequence, plain
from detectors.reading.problems import Problems, RuleSetError, one_of
from detectors.reading.typed import read_yaml_file
from detectors.vocabulary import country_code, shipped_vocabulary

Extract = Callable[[EnrichedArticle], EnrichedArticle]


class RuleTestArticle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An article of a test, or a line of ``newswatch extract --json``. Articles with the same ``story`` are copies."""

    text: str = ""
    id: str | None = None
    title: str = ""
    url: str | None = None
    source: str | None = None
    language: str | None = None
    published_at: str | None = None
    received_at: str | None = None
    meta: dict[str, MetaValue] = {}
    story: str | None = None
    officials: tuple[Official | str, ...] | None = None
    countries: tuple[Country | str, ...] | None = None
    organisations: tuple[Organisation | str, ...] | None = None
    themes: tuple[Theme | str, ...] | None = None
    events: tuple[GivenEvent | str, ...] | None = None
    sentences: tuple[Sentence, ...] | None = None
    fingerprint: str | None = None
    event_time: str | None = None
    content_hash: str | None = None
    extracted: tuple[str, ...] | None = None
    version: int = 1

    def enriched(self, number: int, default: datetime, extract: Extract) -> EnrichedArticle:
        """The article with its given values, the rest extracted; ``default`` is its time if it has none."""
        published = published_time(self.published_at)
        usable = published if published is not None and published >= OLDEST else None
        arrival = (parse_time(self.received_at) if self.received_at else None) or usable or default
        time = parse_time(self.event_time) if self.event_time else None
        read = extract(
            EnrichedArticle(
                id=self.id or f"a{number + 1}",
                text=self.text,
                title=self.title,
                url=self.url,
                source=self.source,
                language=self.language,
                published_at=self.published_at,
                received_at=arrival,
                event_time=time or event_time(self.published_at, arrival),
                meta=self.meta,
                content_hash=self.content_hash or f"test-{number}",
            )
        )
        given = dict(self._given())
        if read.extracted and self.extracted is None:  # what is given was looked for
            given["extracted"] = (
                *read.extracted,
                *sorted(given.keys() & set(EXTRACTED.values()) - set(read.extracted)),
            )
        return msgspec.structs.replace(read, **given)

    def _given(self) -> Iterator[tuple[str, Any]]:
        for name in ("sentences", "fingerprint", "extracted"):
            if (value := getattr(self, name)) is not None:
                yield name, value
        if self.story is not None:
            # a digest: like the fingerprints of two stories, two digests share no position
            yield "fingerprint", urlsafe_b64encode(sha256(self.story.encode()).digest()).decode().rstrip("=")
        if self.officials is not None:
            yield "officials", tuple(Official(id=o, name=o) if isinstance(o, str) else o for o in self.officials)
        if self.countries is not None:
            yield "countries", tuple(Country(country_code(c) or c) if isinstance(c, str) else c for c in self.countries)
        if self.organisations is not None:
            yield "organisations", tuple(Organisation(o) if isinstance(o, str) else o for o in self.organisations)
        if self.themes is not None:
            yield "themes", tuple(Theme(t) if isinstance(t, str) else t for t in self.themes)
        if self.events is not None:
            yield "events", tuple(map(given_event, self.events))

    def unknown(self) -> Iterator[str]:
        """Messages about countries, themes and events that no article can have; they are probably misspelt."""
        for country in self.countries or ():
            code = country if isinstance(country, str) else country.alpha3
            if country_code(code) is None:
                yield unknown_country(code)
        for theme in self.themes or ():
            label = theme if isinstance(theme, str) else theme.theme
            if label not in shipped_vocabulary().themes:
                yield one_of(label, shipped_vocabulary().themes, "theme")
        for event in self.events or ():
            yield from (GivenEvent(event) if isinstance(event, str) else event).unknown()


class RuleTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One test: the articles, and the complete set of alerts that they should produce, each by its named fields."""

    name: str
    articles: tuple[RuleTestArticle, ...]
    alerts: tuple[dict[str, Any], ...] = ()
    rules: tuple[str, ...] = ()
    until: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tests: tuple[RuleTest, ...]


def read_tests(file: Path) -> tuple[RuleTest, ...]:
    """The tests of a file.

    Raises:
        RuleSetError: the file is not YAML or not a file of tests; names all problems with file, line and field.
    """
    return read_yaml_file(file, _File, RuleSetError, loose=True).tests


def lines_of(file: Path) -> list[tuple[int, list[int]]]:
    """The line of each test of a valid file, and those of the alerts that it expects."""
    root = read_document(file, Problems())
    found: list[tuple[int, list[int]]] = []
    tests = root.get("tests") if isinstance(root, Mapping) else None
    for test in tests.items if isinstance(tests, Sequence) else ():
        alerts = test.get("alerts") if isinstance(test, Mapping) else None
        found.append((test.line, [alert.line for alert in alerts.items] if isinstance(alerts, Sequence) else []))
    return found


def names_in(file: Path) -> tuple[str, ...]:
    """The names of the rules in a rule file; empty if the file does not exist."""
    if not file.is_file():
        return ()
    root = read_document(file, Problems())
    content = plain(root) if root is not None else None
    rules = content.get("rules") if isinstance(content, dict) else None
    return tuple(str(rule["name"]) for rule in rules or () if isinstance(rule, dict) and "name" in rule)
