"""An article as conditions see it: values, found phrases and stretches, of all of it or of some of its sentences."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from detectors.conditions.event_values import events_of
from detectors.conditions.fields import EVENT, EXTRACTED
from detectors.conditions.lexicon import Folds, Lexicon, Phrase, in_value, places
from detectors.conditions.scene_row import SceneRow
from detectors.conditions.values import Value, values_of
from detectors.conditions.work import LETTERS, Work
from detectors.folding import words
from detectors.model.article import EnrichedArticle, Part, Sentence, Span

Stretch = tuple[Part, int, int]
NEAR = 3
LEAD = 3


class ArticleView:
    """One article, read once for all conditions that are asked about it; ``work`` counts what they cost."""

    __slots__ = (
        "_found",
        "_lead",
        "_longer",
        "_nears",
        "_places",
        "_possible",
        "_running",
        "_sentences",
        "_starts",
        "_texts",
        "_values",
        "_words",
        "article",
        "lexicon",
        "whole",
        "work",
    )

    def __init__(self, article: EnrichedArticle, lexicon: Lexicon, work: Work | None = None) -> None:
        self.article = article
        self.lexicon = lexicon
        self.work = work or Work()
        self._values: dict[str, tuple[Value, ...]] = {}
        self._texts: dict[Part, Folds] = {"title": Folds(article.title), "text": Folds(article.text)}
        self._running: list[str] | None = None
        self._words: set[str] | None = None
        self._longer: list[Phrase] | None = None
        self._found: set[Phrase] | None = None
        self._possible: dict[int, tuple[Mapping[Phrase, str], list[Phrase]]] = {}
        self._places: dict[Phrase, tuple[Span, ...]] = {}
        self._starts: dict[Phrase, dict[Part, tuple[int, list[int]]]] = {}
        self._sentences: tuple[Scene, ...] | None = None
        self._nears: tuple[Scene, ...] | None = None
        self._lead: tuple[Stretch, ...] | None = None
        self.whole: Scene = Scene(self, (("title", 0, len(article.title)), ("text", 0, len(article.text))))

    def values(self, field: str) -> tuple[Value, ...]:
        """The article's values for a field, in text order."""
        values = self._values.get(field)
        if values is None:
            read = events_of(self.article) if field == EVENT else values_of(self.article, field)
            values = self._values[field] = read
        return values

    @property
    def sees_all(self) -> bool:
        """Whether everything was looked for in the article; a record that does not say so counts as if."""
        extracted = self.article.extracted
        return not extracted or all(found in extracted for found in EXTRACTED.values())

    def sees(self, field: str) -> bool:
        """Whether values of a field were looked for in the article, or are there anyway."""
        kind = EXTRACTED.get(field)
        extracted = self.article.extracted
        return kind is None or not extracted or kind in extracted or bool(self.values(field))

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
            self._longer = self.lexicon.longer(tuple(self._texts.values()), self._plain, self.work)
        return self._longer

    @property
    def found(self) -> set[Phrase]:
        """The phrases of the lexicon that title or body hold."""
        if self._found is None:
            self._found = {*self.longer, *self.lexicon.single(self.words)}
        return self._found

    def possible(self, phrases: Mapping[Phrase, str]) -> list[Phrase]:
        """Those of the phrases that title or body hold, always in the same order."""
        known = self._possible.get(id(phrases))
        if known is None:
            found = sorted(phrases.keys() & self.found, key=lambda wanted: (wanted.text, wanted.prefix))
            known = self._possible[id(phrases)] = phrases, found  # holds the phrases, so that their id stays their own
        return known[1]

    def in_title(self, wanted: Phrase) -> bool:
        """Whether the title holds a phrase."""
        self.work.charge(1 + len(self.article.title) // LETTERS)
        return in_value(wanted, self._texts["title"].folded(wanted.cased).text)

    def places(self, wanted: Phrase) -> tuple[Span, ...]:
        """Where a phrase stands, in reading order."""
        spans = self._places.get(wanted)
        if spans is None:
            self.work.charge(1 + (len(self.article.title) + len(self.article.text)) // LETTERS)
            spans = self._places[wanted] = tuple(
                Span(part, start, end, folds.text[start:end])
                for part, folds in self._texts.items()
                for start, end in places(wanted, folds.folded(wanted.cased))
            )
            self.work.charge(len(spans))
        return spans

    def places_in(self, wanted: Phrase, stretches: Sequence[Stretch]) -> tuple[Span, ...]:
        """Where a phrase lies within one of the stretches, which are in reading order."""
        spans = self.places(wanted)
        starts = self._starts.get(wanted)
        if starts is None:
            title = sum(span.in_ == "title" for span in spans)
            starts = self._starts[wanted] = {
                "title": (0, [span.start for span in spans[:title]]),
                "text": (title, [span.start for span in spans[title:]]),
            }
        found: list[Span] = []
        for part, start, end in stretches:
            first, known = starts[part]
            near = spans[first + bisect_left(known, start) : first + bisect_right(known, end)]
            found += [span for span in near if span.end <= end]
        return tuple(found)

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
            self._sentences = self._scenes([(s.in_, s.start, s.end) for s in (*title, *body)])
        return self._sentences

    @property
    def nears(self) -> tuple[Scene, ...]:
        """Each three consecutive sentences of the body (all of a shorter body), and the title by itself."""
        if self._nears is None:
            title, body = self.bounds
            runs = [body[i : i + NEAR] for i in range(max(1, len(body) - NEAR + 1))] if body else []
            self._nears = self._scenes([
                *((s.in_, s.start, s.end) for s in title),
                *(("text", run[0].start, run[-1].end) for run in runs),
            ])  # fmt: skip
        return self._nears

    def _scenes(self, stretches: list[Stretch]) -> tuple[Scene, ...]:
        self.work.charge(len(stretches))
        row = SceneRow(self, stretches)
        return tuple(Scene(self, (stretch,), row, number) for number, stretch in enumerate(stretches))

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
    """All of an article, or a stretch of it: what a condition is asked about.

    A stretch is the scene ``number`` of its ``row``; all of the article has no row.
    """

    __slots__ = ("number", "row", "stretches", "view", "whole")

    def __init__(
        self, view: ArticleView, stretches: tuple[Stretch, ...], row: SceneRow | None = None, number: int = 0
    ) -> None:
        self.view = view
        self.stretches = stretches
        self.row = row
        self.number = number
        self.whole = row is None

    def values(self, field: str) -> tuple[Value, ...]:
        """The values with a mention here. One that has no place at all lies everywhere."""
        if self.row is None:
            return self.view.values(field)
        return tuple(value for value, _ in self.row.values(field).get(self.number, ()))

    def has(self, field: str) -> bool:
        """Whether there is such a value here."""
        return bool(self.view.values(field)) if self.row is None else self.number in self.row.values(field)

    def holds(self, field: str, phrases: Mapping[Phrase, str]) -> bool:
        """Whether one of the phrases stands in the text of ``field`` here."""
        if self.row is not None:
            return self.number in self.row.phrases(phrases)
        if field == "text":
            return not phrases.keys().isdisjoint(self.view.found)
        return any(self.places(field, wanted) for wanted in self.view.possible(phrases))

    def found(self, field: str, phrases: Mapping[Phrase, str]) -> dict[Phrase, tuple[Span, ...]]:
        """Those of the phrases that stand in the text of ``field`` here, with their places."""
        if self.row is not None:
            here = self.row.phrases(phrases).get(self.number, {})
            return {wanted: tuple(spans) for wanted, spans in here.items()}
        return {wanted: spans for wanted in self.view.possible(phrases) if (spans := self.places(field, wanted))}

    def places(self, field: str, wanted: Phrase) -> tuple[Span, ...]:
        """Where a phrase stands in the text of ``field`` here."""
        if self.whole and field == "text":
            return self.view.places(wanted)
        return self.view.places_in(wanted, self.text(field))

    def text(self, field: str) -> tuple[Stretch, ...]:
        """The stretches of the original text that ``field`` means here; empty ones are left out."""
        stretches = self.view.stretches(field) if self.whole else self.stretches
        return tuple(stretch for stretch in stretches if stretch[2] > stretch[1])
