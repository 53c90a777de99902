"""Latent semantic analysis of weighted words, and a logistic regression of each type of event on it.

Words that occur in the same articles share their weight: a few hundred articles of a type then teach something about
words that few of them have.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import numpy.typing as npt

from streams.extraction.events.wording import SCALE, Wording

Matrix = npt.NDArray[np.float64]

_LEAST = 5  # articles in which a word must occur
_SHARE = 0.3  # of the articles; words in more of them say nothing
_DIMENSIONS = 150
_SPARE = 20  # dimensions beside those wanted, in which the iteration is exact sooner
_ROUNDS = 4
_SEED = 19
_TINY = 1e-3  # of a singular value; dimensions below are noise
_PENALTY = 1 / 16
_STEPS = 25


def fit_wording(counts: Sequence[Mapping[str, int]], labels: Sequence[AbstractSet[str]]) -> Wording:
    """The model of articles given by their words, and the types of their events."""
    occurs = Counter(word for article in counts for word in article if len(word) > 1 and word.isalpha())
    words = sorted(word for word, number in occurs.items() if _LEAST <= number <= max(_LEAST, _SHARE * len(counts)))
    if not words:
        return Wording()
    column = {word: at for at, word in enumerate(words)}
    rarity = np.array([1 + math.log((1 + len(counts)) / (1 + occurs[word])) for word in words])
    table = np.zeros((len(counts), len(words)), dtype=np.float32)
    for row, article in enumerate(counts):
        for word, number in article.items():
            if word in column:
                table[row, column[word]] = 1 + math.log(number)
    table *= rarity.astype(np.float32)
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), np.float32(1e-9))
    vectors, singular = _decomposed(table)
    latent = vectors * singular
    types = sorted(set().union(*labels))
    fitted = np.array([_logistic(latent, np.array([name in one for one in labels], dtype=float)) for name in types])
    weights = table.T @ ((vectors / singular) @ fitted[:, :-1].T)
    rows = np.rint(np.column_stack([rarity, weights]) * SCALE).astype(int).tolist()
    return Wording(
        types=tuple(types),
        bias=tuple(np.rint(fitted[:, -1] * SCALE).astype(int).tolist()),
        words=dict(zip(words, map(tuple, rows), strict=True)),
    )


def _decomposed(table: npt.NDArray[np.float32]) -> tuple[Matrix, Matrix]:
    """The largest singular values and their left vectors, by subspace iteration (Halko et al., 2011)."""
    wanted = min(_DIMENSIONS, *table.shape)
    start = np.random.default_rng(_SEED).standard_normal((table.shape[1], min(wanted + _SPARE, *table.shape)))
    basis, _ = np.linalg.qr(table @ start.astype(np.float32))
    for _ in range(_ROUNDS):
        basis, _ = np.linalg.qr(table @ (table.T @ basis))
    vectors, singular, _ = np.linalg.svd((table.T @ basis).T.astype(np.float64), full_matrices=False)
    kept = singular[:wanted] > _TINY
    return (basis.astype(np.float64) @ vectors[:, :wanted])[:, kept], singular[:wanted][kept]


def _logistic(latent: Matrix, wanted: Matrix) -> Matrix:
    """Weights and bias by Newton's method, with an L2 penalty."""
    table = np.column_stack([latent, np.ones(len(latent))])
    weights = np.zeros(table.shape[1])
    penalty = _PENALTY * np.eye(len(weights))
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (chance - wanted) + penalty @ weights
        if float(np.abs(slope).max()) < 1e-4:
            break
        curvature = table.T @ (table * (chance * (1 - chance))[:, None]) + penalty
        weights -= np.linalg.solve(curvature, slope)
    return weights
