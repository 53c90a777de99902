"""Training of the models that weigh events: ``python -m streams.evaluation.event_training ARTICLES EVENTS ...``.

Takes pairs of files of JSON lines (articles; their annotated events), prints the scores of a five-fold
cross-validation, and writes ``streams/extraction/data/events-weights.json``. The same files give the same weights.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec
from rich.console import Console

from detectors.model.article import Event, EventStatus
from streams.evaluation.event_scores import EventFigures, EventScore, GoldEvent, GoldEvents, party_key
from streams.evaluation.latent import fit_wording
from streams.evaluation.logistic import fit
from streams.extraction.draft import Source
from streams.extraction.events.events import events
from streams.extraction.events.features import Features, Reading
from streams.extraction.events.weights import WEIGHTS, EventWeights
from streams.extraction.extractor import Extractor

TYPE_PENALTY = 25.0
PENALTY = 5.0
STATUS_PENALTY = 8.0
MINIMUM = 3  # examples that have a feature; the weights of rarer ones are noise
FOLDS = 5


class Lesson(NamedTuple):
    """An article to learn from: what the models see of it, and its annotated events."""

    id: str
    reading: Reading | None
    events: tuple[GoldEvent, ...]


class _Text(msgspec.Struct):
    id: str
    text: str
    title: str | None = None
    published_at: str | None = None


def lessons(articles: Path, annotations: Path, extractor: Extractor) -> Iterator[Lesson]:
    """Read annotated articles. Raises OSError, msgspec.ValidationError."""
    decode_gold, decode_text = msgspec.json.Decoder(GoldEvents).decode, msgspec.json.Decoder(_Text).decode
    gold = {one.id: one.events for one in map(decode_gold, annotations.read_bytes().splitlines())}
    texts = [one for one in map(decode_text, articles.read_bytes().splitlines()) if one.id in gold]
    sources = (Source(text.title or "", text.text, "en", text.published_at) for text in texts)
    for text, reading in zip(texts, extractor.readings(sources), strict=True):
        yield Lesson(text.id, reading, gold[text.id])


def shortened(taught: Sequence[Lesson], extractor: Extractor) -> list[Lesson]:
    """Copies that have the title and the first sentence only, and the events whose type has a trigger there."""
    sources = []
    for lesson in taught:
        document, bounds = (lesson.reading.page.document, lesson.reading.page.bounds) if lesson.reading else (None, ())
        if document is not None and lesson.reading is not None and len(bounds) > lesson.reading.title:
            title = document.clean[: document.body].strip() if lesson.reading.title else ""
            start, end = bounds[lesson.reading.title]
            sources.append((lesson, Source(title, document.clean[start:end], "en", lesson.reading.day or None)))
    readings = extractor.readings(source for _, source in sources)
    return [
        Lesson(lesson.id, reading, tuple(event for event in lesson.events if event.type in reading.mentions))
        for (lesson, _), reading in zip(sources, readings, strict=True)
        if reading is not None
    ]


class _Examples:
    """The examples of one model: features and labels."""

    def __init__(self) -> None:
        self.rows: list[Features] = []
        self.labels: list[bool] = []

    def add(self, row: Features, label: bool) -> None:
        self.rows.append(row)
        self.labels.append(label)

    def weights(self, penalty: float) -> dict[str, float]:
        return fit(self.rows, self.labels, penalty, MINIMUM)


def train(taught: Sequence[Lesson], brief: Sequence[Lesson] = ()) -> EventWeights:
    """Fit all models to annotated articles, and that of types to shortened ones too."""
    types, actors, targets, places = _Examples(), _Examples(), _Examples(), _Examples()
    statuses = {status: _Examples() for status in get_args(EventStatus)}
    for lesson in taught:
        if lesson.reading is None:
            continue
        wanted: dict[str, list[GoldEvent]] = defaultdict(list)
        for event in lesson.events:
            wanted[event.type].append(event)
        for kind in lesson.reading.mentions:
            types.add(lesson.reading.type_features(kind), kind in wanted)
            if kind not in wanted:
                continue
            of_status = lesson.reading.status_features(kind)
            for status, examples in statuses.items():
                examples.add(of_status, wanted[kind][0].status == status)
            acting = {party_key(party) for event in wanted[kind] for party in event.actors}
            hit = {party_key(party) for event in wanted[kind] for party in event.targets}
            where = {event.place for event in wanted[kind]}
            for key, features in lesson.reading.party_features(kind).items():
                actors.add(features, key in acting)
                targets.add(features, key in hit)
                if len(key) == 3 and key.isupper():
                    places.add(features, key in where)
    for lesson in brief:
        if lesson.reading is None:
            continue
        for kind in lesson.reading.mentions:
            types.add(lesson.reading.type_features(kind), any(event.type == kind for event in lesson.events))
    read = [(lesson.reading, lesson.events) for lesson in taught if lesson.reading is not None]
    wording = fit_wording(
        [reading.word_counts for reading, _ in read], [{event.type for event in found} for _, found in read]
    )
    return EventWeights(
        wording=wording,
        type=types.weights(TYPE_PENALTY),
        status={status: examples.weights(STATUS_PENALTY) for status, examples in statuses.items()},
        actor=actors.weights(PENALTY),
        target=targets.weights(PENALTY),
        place=places.weights(PENALTY),
    )


def cross_validate(taught: Sequence[Lesson], brief: Sequence[Lesson] = ()) -> EventFigures:
    """The scores on articles that the models have not seen: each fold is scored by what the others teach."""
    score = EventScore()
    for fold in range(FOLDS):
        weights = train(*([lesson for lesson in part if _fold(lesson.id) != fold] for part in (taught, brief)))
        for lesson in taught:
            if _fold(lesson.id) == fold:
                score.add(lesson.id, lesson.events, _events(lesson, weights))
    return score.figures()


def _events(lesson: Lesson, weights: EventWeights) -> tuple[Event, ...]:
    return events(lesson.reading, weights) if lesson.reading is not None else ()


def _fold(key: str) -> int:
    return blake2b(key.encode(), digest_size=4).digest()[0] % FOLDS


def main(arguments: Sequence[str]) -> None:
    """Train on pairs of files (articles, annotated events), and write the weights."""
    if not arguments or len(arguments) % 2:
        sys.exit("expected pairs of files: ARTICLES EVENTS [ARTICLES EVENTS ...], both JSON lines")
    out = Console(soft_wrap=True, highlight=False)
    extractor = Extractor()
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    taught = [lesson for texts, gold in pairs for lesson in lessons(Path(texts), Path(gold), extractor)]
    brief = shortened(taught, extractor)
    for name, figures in cross_validate(taught, brief).each().items():
        out.print(f"{name:12} precision {figures.precision:.3f} recall {figures.recall:.3f} F1 {figures.f1:.3f}")
    WEIGHTS.write_bytes(msgspec.json.encode(train(taught, brief), order="sorted") + b"\n")
    out.print(f"{WEIGHTS}: {len(taught)} articles")


if __name__ == "__main__":
    main(sys.argv[1:])
