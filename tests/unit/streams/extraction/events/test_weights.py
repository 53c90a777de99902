from __future__ import annotations

from typing import get_args

import pytest

from detectors.model.article import EventStatus
from detectors.vocabulary import event_types
from streams.extraction.events.weights import WEIGHTS, load_weights, score


def test_a_score_is_the_bias_and_the_weighted_features() -> None:
    assert score({"": -1.0, "a": 2.0, "b": 5.0}, {"a": 1, "c": 7}) == pytest.approx(1.0)


def test_the_shipped_weights_have_every_status() -> None:
    assert set(load_weights().status) == set(get_args(EventStatus))


def test_the_shipped_models_know_every_type_of_the_vocabulary() -> None:
    weights = load_weights()
    assert set(weights.wording.types) == set(event_types())
    assert set(event_types()) <= {feature.partition("|")[0] for feature in weights.type}
    assert WEIGHTS.stat().st_size < 3_000_000  # bytes in the package and in memory of each worker
