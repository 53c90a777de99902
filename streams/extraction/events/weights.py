"""The weights of the linear models (``data/events-weights.json``); made by `streams.evaluation.event_training`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from streams.extraction.events.wording import Wording
from streams.extraction.text.data_files import DATA

WEIGHTS = DATA / "events-weights.json"
BIAS = ""

Weights = dict[str, float]


class EventWeights(msgspec.Struct, frozen=True, kw_only=True):
    """Log-odds by feature: that an article reports a type as news, each status, and the part of a party or place."""

    type: Weights
    wording: Wording = Wording()
    status: dict[str, Weights]
    actor: Weights
    target: Weights
    place: Weights


def score(weights: Weights, features: Mapping[str, float]) -> float:
    """The log-odds that a linear model gives to features, whatever their order."""
    get = weights.get
    return math.fsum([get(feature, 0.0) * value for feature, value in features.items()] + [get(BIAS, 0.0)])


@cache
def load_weights(path: Path = WEIGHTS) -> EventWeights:
    """Read the weights. Raises OSError, msgspec.ValidationError."""
    return msgspec.json.decode(path.read_bytes(), type=EventWeights)
