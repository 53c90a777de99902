"""Precision, recall and F1 of extraction against annotated articles: the figures of ``newswatch eval``.

Officials are matched one to one within an article if they share a mention or the last word of one. For role class,
country of office and "former", the figure is the share of matched officials that have it right. Figures are
micro-averages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from detectors.model.article import Country, Event, Official, Theme
from streams.evaluation.event_scores import EventFigures, EventScore, GoldEvent, GoldEvents
from streams.evaluation.figures import Error, Figures, SetCount

T = TypeVar("T")

FIELDS = ("role_class", "country", "former")
"""The fields that are compared between matched officials."""

#: A longer line of annotations is read in parts, which are no JSON.
MOST_LINE_BYTES = 64 * 1024 * 1024


class GoldOfficial(msgspec.Struct, frozen=True):
    """An annotated official; ``mentions`` are distinct surface forms."""

    name: str
    mentions: tuple[str, ...] = ()
    role: str | None = None
    role_class: str | None = None
    country: str | None = None
    former: bool = False


class GoldCountry(msgspec.Struct, frozen=True):
    """An annotated country."""

    alpha3: str
    salience: str | None = None


class GoldArticle(msgspec.Struct, frozen=True):
    """The annotation of one article; absent parts are not scored."""

    id: str
    officials: tuple[GoldOfficial, ...] | None = None
    countries: tuple[GoldCountry, ...] | None = None
    themes: tuple[str, ...] | None = None
    events: tuple[GoldEvent, ...] | None = None


class Found(Protocol):
    """The findings in an article: an `Extraction`, an `EnrichedArticle`, or a line of ``extract --json``."""

    @property
    def officials(self) -> Sequence[Official]: ...
    @property
    def countries(self) -> Sequence[Country]: ...
    @property
    def themes(self) -> Sequence[Theme]: ...
    @property
    def events(self) -> Sequence[Event]: ...


class FoundArticle(msgspec.Struct, frozen=True):
    """The scored part of a line of ``newswatch extract --json``."""

    id: str
    officials: tuple[Official, ...] = ()
    countries: tuple[Country, ...] = ()
    themes: tuple[Theme, ...] = ()
    events: tuple[Event, ...] = ()


class Evaluation(msgspec.Struct, frozen=True, omit_defaults=True):
    """All figures of one run; accuracies are over matched officials, from 0 to 1."""

    countries: Figures | None = None
    countries_main: Figures | None = None
    officials: Figures | None = None
    themes: Figures | None = None
    role_class_accuracy: float | None = None
    country_accuracy: float | None = None
    former_accuracy: float | None = None
    mentions_f1: float | None = None
    events: EventFigures | None = None
    each_theme: dict[str, Figures] = {}
    errors: tuple[Error, ...] = ()


def _fold(text: str) -> str:
    return text.replace("’", "'").removesuffix("'s").casefold().strip()


def _forms(name: str, mentions: Iterable[str]) -> set[str]:
    full = {_fold(text) for text in (name, *mentions) if text}
    return full | {text.split()[-1] for text in full if text}


def _pair(gold: Sequence[GoldOfficial], found: Sequence[Official]) -> list[tuple[int, int]]:
    """Return matched index pairs, one to one; pairs that share the most forms are matched first."""
    gold_forms = [_forms(official.name, official.mentions) for official in gold]
    found_forms = [_forms(official.name, (span.text for span in official.mentions)) for official in found]
    shared = sorted(
        ((len(a & b), i, j) for i, a in enumerate(gold_forms) for j, b in enumerate(found_forms)), reverse=True
    )
    pairs: list[tuple[int, int]] = []
    for number, i, j in shared:
        if number and all(i != a and j != b for a, b in pairs):
            pairs.append((i, j))
    return pairs


class _Score:
    """All counts of one run."""

    def __init__(self) -> None:
        self._countries, self._main, self._themes = (
            SetCount("countries"),
            SetCount("countries_main"),
            SetCount("themes"),
        )
        self._officials, self._mentions = SetCount("officials"), SetCount("mentions")
        self._each: dict[str, SetCount] = {}
        self._events: EventScore | None = None
        self._right = dict.fromkeys(FIELDS, 0)
        """Number of matched officials with the right value, by field."""

    def add(self, gold: GoldArticle, found: Found) -> None:
        """Score one article."""
        if gold.countries is not None:
            self._add_countries(gold.id, gold.countries, found.countries)
        if gold.themes is not None:
            self._add_themes(gold.id, set(gold.themes) - {"none"}, {theme.theme for theme in found.themes})
        if gold.officials is not None:
            self._add_officials(gold.id, gold.officials, found.officials)
        if gold.events is not None:
            self._events = self._events or EventScore()
            self._events.add(gold.id, gold.events, found.events)

    def _add_countries(self, article: str, gold: Sequence[GoldCountry], found: Sequence[Country]) -> None:
        self._countries.add(article, {c.alpha3 for c in gold}, {c.alpha3 for c in found})
        if any(country.salience is not None for country in gold):
            wanted = {c.alpha3 for c in gold if c.salience == "main"}
            self._main.add(article, wanted, {c.alpha3 for c in found if c.salience == "main"})

    def _add_themes(self, article: str, gold: set[str], found: set[str]) -> None:
        self._themes.add(article, gold, found)
        for theme in gold | found:
            self._each.setdefault(theme, SetCount(theme)).add(article, gold & {theme}, found & {theme})

    def _add_officials(self, article: str, gold: Sequence[GoldOfficial], found: Sequence[Official]) -> None:
        pairs = _pair(gold, found)
        missed = [one.name for at, one in enumerate(gold) if at not in {i for i, _ in pairs}]
        extra = [one.name for at, one in enumerate(found) if at not in {j for _, j in pairs}]
        count = self._officials
        count.right += len(pairs)
        count.missed += len(missed)
        count.extra += len(extra)
        count.errors += [Error("officials", article, "-", name) for name in missed]
        count.errors += [Error("officials", article, "+", name) for name in extra]
        for i, j in pairs:
            self._add_pair(article, gold[i], found[j])

    def _add_pair(self, article: str, gold: GoldOfficial, found: Official) -> None:
        for field in FIELDS:
            wanted, got = getattr(gold, field), getattr(found, field)
            if wanted == got:
                self._right[field] += 1
            else:
                self._officials.errors.append(Error("officials", article, field, f"{gold.name}: {wanted} != {got}"))
        self._mentions.add(article, {_fold(m) for m in gold.mentions}, {_fold(m.text) for m in found.mentions})

    def evaluation(self) -> Evaluation:
        """The figures of all articles added so far."""
        matched = self._officials.right
        mentions = self._mentions.figures()
        counts = (self._countries, self._main, self._themes, self._officials)
        return Evaluation(
            countries=self._countries.figures(),
            countries_main=self._main.figures(),
            officials=self._officials.figures(),
            themes=self._themes.figures(),
            mentions_f1=mentions.f1 if mentions else None,
            each_theme={name: figures for name, count in sorted(self._each.items()) if (figures := count.figures())},
            events=self._events.figures() if self._events else None,
            errors=(
                *(error for count in counts for error in count.errors),
                *(self._events.errors() if self._events else ()),
            ),
            **{f"{field}_accuracy": number / matched if matched else None for field, number in self._right.items()},
        )


def evaluate(gold: Iterable[GoldArticle], found: Mapping[str, Found]) -> Evaluation:
    """Score the findings, by article id; an article missing from ``found`` counts as empty."""
    score = _Score()
    for article in gold:
        score.add(article, found.get(article.id, FoundArticle(id=article.id)))
    return score.evaluation()


def read_gold(path: Path) -> list[GoldArticle]:
    """Read annotations from JSON lines, and those of events from ``events.jsonl`` beside them if there is such a file.

    Raises OSError, msgspec.ValidationError.
    """
    articles = _lines(path, GoldArticle)
    beside = path.with_name("events.jsonl")
    if path == beside or not beside.exists():
        return articles
    events = {one.id: one.events for one in _lines(beside, GoldEvents)}
    return [
        msgspec.structs.replace(article, events=events[article.id]) if article.id in events else article
        for article in articles
    ]


def read_found(path: Path) -> dict[str, Found]:
    """Read the output of ``newswatch extract --json``, by article id. Raises OSError, msgspec.ValidationError."""
    return {article.id: article for article in _lines(path, FoundArticle)}


def _lines(path: Path, kind: type[T]) -> list[T]:
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as file:
        lines = iter(lambda: file.readline(MOST_LINE_BYTES), b"")
        return [decoder.decode(line) for line in lines if line.strip()]
