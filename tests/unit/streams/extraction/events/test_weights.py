from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import get_args

import pytest

from detectors.model.article import EventStatus
from detectors.vocabulary import event_types
from streams.evaluation.event_scores import EventScore
from streams.evaluation.event_training import lessons
from streams.extraction.events.events import events
from streams.extraction.events.weights import WEIGHTS, load_weights, score
from streams.extraction.extractor import Extractor

SHORT = Path(__file__).parents[4] / "gold" / "short-events.jsonl"  # invented; the weights learn from four of five


def test_a_score_is_the_bias_and_the_weighted_features() -> None:
    assert score({"": -1.0, "a": 2.0, "b": 5.0}, {"a": 1, "c": 7}) == pytest.approx(1.0)


def test_the_shipped_weights_have_every_status() -> None:
    assert set(load_weights().status) == set(get_args(EventStatus))


def test_the_shipped_models_know_every_type_of_the_vocabulary() -> None:
    weights = load_weights()
    assert set(weights.wording.types) == set(event_types())
    assert set(event_types()) <= {feature.partition("|")[0] for feature in weights.type}
    assert WEIGHTS.stat().st_size < 3_000_000  # bytes in the package and in memory of each worker


def test_the_shipped_weights_find_the_events_of_short_texts_that_they_have_not_seen() -> None:
    found = EventScore()
    for lesson in lessons(SHORT, SHORT, Extractor()):
        if blake2b(lesson.id.encode(), digest_size=4).digest()[0] % 5 == 0:
            found.add(lesson.id, lesson.events, events(lesson.reading) if lesson.reading is not None else ())
    figures = found.figures()
    assert figures.type is not None
    assert figures.type.precision is not None
    assert figures.type.precision > 0.70
    assert figures.type.f1 is not None
    assert figures.type.f1 > 0.65
    assert figures.type_status is not None
    assert figures.type_status.f1 is not None
    assert figures.type_status.f1 > 0.50
