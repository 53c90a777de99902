"""Precision, recall and F1 of extraction against annotated articles: the figures behind ``newswatch eval``.

Officials are matched one to one within an article when they share a mention or the last word of one; role class,
country of office and "former" are the share that is right of those matched. Figures are micro-averages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from detectors.article import Country, Official, Theme

T = TypeVar("T")


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
    """The annotation of one article; a part that is absent is not scored."""

    id: str
    officials: tuple[GoldOfficial, ...] | None = None
    countries: tuple[GoldCountry, ...] | None = None
    themes: tuple[str, ...] | None = None


class Found(Protocol):
    """What was found in an article: an `Extraction`, an `EnrichedArticle`, or a line of ``extract --json``."""

    @property
    def officials(self) -> Sequence[Official]: ...
    @property
    def countries(self) -> Sequence[Country]: ...
    @property
    def themes(self) -> Sequence[Theme]: ...


class FoundArticle(msgspec.Struct, frozen=True):
    """A line as ``newswatch extract --json`` prints it, as far as it is scored."""

    id: str
    officials: tuple[Official, ...] = ()
    countries: tuple[Country, ...] = ()
    themes: tuple[Theme, ...] = ()


class Error(msgspec.Struct, frozen=True):
    """One difference: ``sign`` is ``+`` (found, not annotated), ``-`` (missed) or the name of a wrong field."""

    kind: str
    article: str
    sign: str
    what: str


class Figures(msgspec.Struct, frozen=True):
    """Precision, recall, F1 from 0 to 1, and the number of annotated items."""

    precision: float
    recall: float
    f1: float
    gold: int


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
    each_theme: dict[str, Figures] = {}
    errors: tuple[Error, ...] = ()


class _Count:
    """True and false positives and misses of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.right = self.extra = self.missed = 0
        self.errors: list[Error] = []

    def add(self, article: str, gold: set[str], found: set[str]) -> None:
        self.right += len(gold & found)
        self.extra += len(found - gold)
        self.missed += len(gold - found)
        self.errors += [Error(self.kind, article, "+", item) for item in sorted(found - gold)]
        self.errors += [Error(self.kind, article, "-", item) for item in sorted(gold - found)]

    def figures(self) -> Figures | None:
        if not self.right + self.extra + self.missed:
            return None
        precision = self.right / (self.right + self.extra) if self.right + self.extra else 0.0
        recall = self.right / (self.right + self.missed) if self.right + self.missed else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return Figures(precision, recall, f1, self.right + self.missed)


def _fold(text: str) -> str:
    return text.replace("’", "'").removesuffix("'s").casefold().strip()


def _forms(name: str, mentions: Iterable[str]) -> set[str]:
    full = {_fold(text) for text in (name, *mentions) if text}
    return full | {text.split()[-1] for text in full if text}


def _pair(gold: Sequence[GoldOfficial], found: Sequence[Official]) -> list[tuple[int, int]]:
    """Index pairs, one to one, those that share most forms first."""
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


def evaluate(gold: Iterable[GoldArticle], found: Mapping[str, Found]) -> Evaluation:
    """Score what was found, by article id; an article that is not in ``found`` counts as empty."""
    countries, main, themes = _Count("countries"), _Count("countries_main"), _Count("themes")
    officials, mentions = _Count("officials"), _Count("mentions")
    each: dict[str, _Count] = {}
    fields = {"role_class": 0, "country": 0, "former": 0}
    matched = 0
    for article in gold:
        own = found.get(article.id, FoundArticle(id=article.id))
        if article.countries is not None:
            countries.add(article.id, {c.alpha3 for c in article.countries}, {c.alpha3 for c in own.countries})
            if any(country.salience is not None for country in article.countries):
                wanted = {c.alpha3 for c in article.countries if c.salience == "main"}
                main.add(article.id, wanted, {c.alpha3 for c in own.countries if c.salience == "main"})
        if article.themes is not None:
            want, have = set(article.themes) - {"none"}, {theme.theme for theme in own.themes}
            themes.add(article.id, want, have)
            for theme in want | have:
                each.setdefault(theme, _Count(theme)).add(article.id, want & {theme}, have & {theme})
        if article.officials is None:
            continue
        pairs = _pair(article.officials, own.officials)
        officials.right += len(pairs)
        matched += len(pairs)
        for sign, names, used in (
            ("-", [o.name for o in article.officials], {i for i, _ in pairs}),
            ("+", [o.name for o in own.officials], {j for _, j in pairs}),
        ):
            lost = [name for at, name in enumerate(names) if at not in used]
            officials.errors += [Error("officials", article.id, sign, name) for name in lost]
            if sign == "-":
                officials.missed += len(lost)
            else:
                officials.extra += len(lost)
        for i, j in pairs:
            wanted_one, got = article.officials[i], own.officials[j]
            for field in fields:
                a, b = getattr(wanted_one, field), getattr(got, field)
                if a == b:
                    fields[field] += 1
                else:
                    officials.errors.append(Error("officials", article.id, field, f"{wanted_one.name}: {a} != {b}"))
            mentions.add(article.id, {_fold(m) for m in wanted_one.mentions}, {_fold(m.text) for m in got.mentions})
    share = {f"{field}_accuracy": (number / matched if matched else None) for field, number in fields.items()}
    mention_figures = mentions.figures()
    return Evaluation(
        countries=countries.figures(),
        countries_main=main.figures(),
        officials=officials.figures(),
        themes=themes.figures(),
        mentions_f1=mention_figures.f1 if mention_figures else None,
        each_theme={name: figures for name, count in sorted(each.items()) if (figures := count.figures())},
        errors=tuple(countries.errors + main.errors + themes.errors + officials.errors),
        **share,
    )


def read_gold(path: Path) -> list[GoldArticle]:
    """Annotations, JSON lines. Raises OSError, msgspec.ValidationError."""
    return _lines(path, GoldArticle)


def read_found(path: Path) -> dict[str, Found]:
    """The output of ``newswatch extract --json``, by article id. Raises OSError, msgspec.ValidationError."""
    return {article.id: article for article in _lines(path, FoundArticle)}


def _lines(path: Path, kind: type[T]) -> list[T]:
    decoder = msgspec.json.Decoder(kind)
    return [decoder.decode(line) for line in path.read_bytes().splitlines() if line.strip()]
