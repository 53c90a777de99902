"""An article as conditions see it: values, found phrases and stretches, of all of it or of some of its sentences."""

from __future__ import annotations

from bisect import bisect_right

from detectors.article import EnrichedArticle, Part, Sentence, Span
from detectors.conditions.lexicon import Lexicon, Phrase
from detectors.conditions.values import Value, values_of

Stretch = tuple[Part, int, int]
NEAR = 3
LEAD = 3


class ArticleView:
    """One article, read once for all conditions that are asked about it."""

    __slots__ = ("_found", "_lead", "_nears", "_sentences", "_values", "article", "lexicon", "whole")

    def __init__(self, article: EnrichedArticle, lexicon: Lexicon) -> None:
        self.article = article
        self.lexicon = lexicon
        self._values: dict[str, tuple[Value, ...]] = {}
        self._found: dict[Phrase, tuple[Span, ...]] | None = None
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
    def found(self) -> dict[Phrase, tuple[Span, ...]]:
        """The phrases of the lexicon that title and body hold, with their places in reading order."""
        if self._found is None:
            found: dict[Phrase, list[Span]] = {}
            parts: tuple[tuple[Part, str], ...] = (("title", self.article.title), ("text", self.article.text))
            for part, text in parts:
                for wanted, hits in self.lexicon.find(text).items():
                    spans = found.setdefault(wanted, [])
                    spans += (Span(part, start, end, text[start:end]) for start, end in hits)
            self._found = {wanted: tuple(spans) for wanted, spans in found.items()}
        return self._found

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

    __slots__ = ("_found", "_values", "stretches", "view", "whole")

    def __init__(self, view: ArticleView, stretches: tuple[Stretch, ...], *, whole: bool = False) -> None:
        self.view = view
        self.stretches = stretches
        self.whole = whole
        self._values: dict[str, tuple[Value, ...]] = {}
        self._found: dict[str, dict[Phrase, tuple[Span, ...]]] = {}

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

    def found(self, field: str) -> dict[Phrase, tuple[Span, ...]]:
        """The phrases found in the text of ``field`` here, with their places."""
        everywhere = self.view.found
        if self.whole and field == "text":
            return everywhere
        found = self._found.get(field)
        if found is None:
            found = {}
            stretches = self.text(field)
            for wanted, spans in everywhere.items():
                inside = tuple(span for span in spans if _inside(span, stretches))
                if inside:
                    found[wanted] = inside
            self._found[field] = found
        return found

    def text(self, field: str) -> tuple[Stretch, ...]:
        """The stretches of the original text that ``field`` means here; empty ones are left out."""
        stretches = self.view.stretches(field) if self.whole else self.stretches
        return tuple(stretch for stretch in stretches if stretch[2] > stretch[1])


def _inside(span: Span, stretches: tuple[Stretch, ...]) -> bool:
    return any(span.in_ == part and span.start >= start and span.end <= end for part, start, end in stretches)


def sentence_around(view: ArticleView, span: Span) -> Span:
    """The whole sentence in which a span begins, as a span: what people read as evidence."""
    title, body = view.bounds
    sentences = title if span.in_ == "title" else body
    index = bisect_right([sentence.start for sentence in sentences], span.start) - 1
    if index < 0:
        return span
    sentence = sentences[index]
    text = view.article.title if span.in_ == "title" else view.article.text
    return Span(span.in_, sentence.start, sentence.end, text[sentence.start : sentence.end])
