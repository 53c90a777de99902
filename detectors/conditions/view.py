"""An article as conditions see it: values, found phrases and stretches, of all of it or of some of its sentences."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.conditions.lexicon import Folds, Lexicon, Phrase, in_value, places
from detectors.conditions.values import Value, values_of
from detectors.folding import words
from detectors.model.article import EnrichedArticle, Part, Sentence, Span

Stretch = tuple[Part, int, int]
NEAR = 3
LEAD = 3


class ArticleView:
    """One article, read once for all conditions that are asked about it."""

    __slots__ = (
        "_found",
        "_lead",
        "_longer",
        "_nears",
        "_places",
        "_running",
        "_sentences",
        "_texts",
        "_values",
        "_words",
        "article",
        "lexicon",
        "whole",
    )

    def __init__(self, article: EnrichedArticle, lexicon: Lexicon) -> None:
        self.article = article
        self.lexicon = lexicon
        self._values: dict[str, tuple[Value, ...]] = {}
        self._texts: dict[Part, Folds] = {"title": Folds(article.title), "text": Folds(article.text)}
        self._running: list[str] | None = None
        self._words: set[str] | None = None
        self._longer: list[Phrase] | None = None
        self._found: set[Phrase] | None = None
        self._places: dict[Phrase, tuple[Span, ...]] = {}
        self._sentences: tuple[Scene, ...] | None = None
        self._nears: tuple[Scene, ...] | None = None
        self._lead: tuple[Stretch, ...] | None = None
        self.whole: Scene = Scene(self, (("title", 0, len(article.title)), ("text", 0, len(article.text))), whole=True)

    def values(self, field: str) -> tuple[Value, ...]:
        """The article's values for a field, in text order."""
        values = self._values.get(field)
        if values is None:
            values = self._values[field] = values_of(self.article, field)
        return values

    @property
    def words(self) -> set[str]:
        """The folded words of title and body."""
        if self._words is None:
            self._words = set(self._plain)
        return self._words

    @property
    def _plain(self) -> list[str]:
        if self._running is None:
            self._running = words(f"{self.article.title}\n{self.article.text}")
        return self._running

    @property
    def longer(self) -> list[Phrase]:
        """The phrases of the lexicon that title or body hold, single words left out."""
        if self._longer is None:
            self._longer = self.lexicon.longer(tuple(self._texts.values()), self._plain)
        return self._longer

    @property
    def found(self) -> set[Phrase]:
        """The phrases of the lexicon that title or body hold."""
        if self._found is None:
            self._found = {*self.longer, *self.lexicon.single(self.words)}
        return self._found

    def in_title(self, wanted: Phrase) -> bool:
        """Whether a phrase stands in the title."""
        return in_value(wanted, self._texts["title"].folded(wanted.cased).text)

    def places(self, wanted: Phrase) -> tuple[Span, ...]:
        """Where a phrase stands, in reading order."""
        spans = self._places.get(wanted)
        if spans is None:
            spans = self._places[wanted] = tuple(
                Span(part, start, end, folds.text[start:end])
                for part, folds in self._texts.items()
                for start, end in places(wanted, folds.folded(wanted.cased))
            )
        return spans

    @property
    def bounds(self) -> tuple[list[Sentence], list[Sentence]]:
        """Title and body sentences. A part that came without any is one sentence."""
        article = self.article
        title = [sentence for sentence in article.sentences if sentence.in_ == "title"]
        body = sorted((sentence for sentence in article.sentences if sentence.in_ == "text"), key=lambda s: s.start)
        if not title and article.title:
            title = [Sentence("title", 0, len(article.title))]
        if not body and article.text:
            body = [Sentence("text", 0, len(article.text))]
        return title, body

    @property
    def sentences(self) -> tuple[Scene, ...]:
        """Each sentence by itself; the title's come first."""
        if self._sentences is None:
            title, body = self.bounds
            self._sentences = tuple(Scene(self, ((s.in_, s.start, s.end),)) for s in (*title, *body))
        return self._sentences

    @property
    def nears(self) -> tuple[Scene, ...]:
        """Each three consecutive sentences of the body (all of a shorter body), and the title by itself."""
        if self._nears is None:
            title, body = self.bounds
            runs = [body[i : i + NEAR] for i in range(max(1, len(body) - NEAR + 1))] if body else []
            self._nears = (
                *(Scene(self, ((s.in_, s.start, s.end),)) for s in title),
                *(Scene(self, (("text", run[0].start, run[-1].end),)) for run in runs),
            )
        return self._nears

    def stretches(self, field: str) -> tuple[Stretch, ...]:
        """Where the text of ``title``, ``lead`` or ``text`` stands."""
        article = self.article
        if field == "title":
            return (("title", 0, len(article.title)),)
        if field == "lead":
            if self._lead is None:
                self._lead = self._leading()
            return self._lead
        return self.whole.stretches

    def _leading(self) -> tuple[Stretch, ...]:
        title: Stretch = ("title", 0, len(self.article.title))
        opening = self.bounds[1][:LEAD]
        if not opening:
            return (title,)
        return title, ("text", opening[0].start, opening[-1].end)


class Scene:
    """All of an article, or a stretch of it: what a condition is asked about."""

    __slots__ = ("_values", "stretches", "view", "whole")

    def __init__(self, view: ArticleView, stretches: tuple[Stretch, ...], *, whole: bool = False) -> None:
        self.view = view
        self.stretches = stretches
        self.whole = whole
        self._values: dict[str, tuple[Value, ...]] = {}

    def values(self, field: str) -> tuple[Value, ...]:
        """The values with a mention here. One that has no place at all stands everywhere."""
        if self.whole:
            return self.view.values(field)
        values = self._values.get(field)
        if values is None:
            values = tuple(
                value
                for value in self.view.values(field)
                if not value.spans or any(self._holds(span) for span in value.spans)
            )
            self._values[field] = values
        return values

    def spans_here(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        """Those of the spans that stand here."""
        return spans if self.whole else tuple(span for span in spans if self._holds(span))

    def _holds(self, span: Span) -> bool:
        part, start, end = self.stretches[0]
        return span.in_ == part and span.start < end and span.end > start

    def holds(self, field: str, phrases: Mapping[Phrase, str]) -> bool:
        """Whether one of the phrases stands in the text of ``field`` here."""
        if self.whole and field == "text":
            return not phrases.keys().isdisjoint(self.view.found)
        return any(self.places(field, wanted) for wanted in phrases.keys() & self.view.found)

    def found(self, field: str, phrases: Mapping[Phrase, str]) -> dict[Phrase, tuple[Span, ...]]:
        """Those of the phrases that stand in the text of ``field`` here, with their places."""
        possible = sorted(phrases.keys() & self.view.found, key=lambda wanted: (wanted.text, wanted.prefix))
        return {wanted: spans for wanted in possible if (spans := self.places(field, wanted))}

    def places(self, field: str, wanted: Phrase) -> tuple[Span, ...]:
        """Where a phrase stands in the text of ``field`` here."""
        spans = self.view.places(wanted)
        if self.whole and field == "text":
            return spans
        stretches = self.text(field)
        return tuple(span for span in spans if _inside(span, stretches))

    def text(self, field: str) -> tuple[Stretch, ...]:
        """The stretches of the original text that ``field`` means here; empty ones are left out."""
        stretches = self.view.stretches(field) if self.whole else self.stretches
        return tuple(stretch for stretch in stretches if stretch[2] > stretch[1])


def _inside(span: Span, stretches: tuple[Stretch, ...]) -> bool:
    return any(span.in_ == part and span.start >= start and span.end <= end for part, start, end in stretches)
