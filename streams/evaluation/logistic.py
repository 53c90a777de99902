"""Logistic regression with an L2 penalty on sparse features, by Newton's method; the same weights on every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

_STEPS = 30
_INNER = 200  # conjugate gradient steps
_TOLERANCE = 1e-4
_SMALLEST = 0.05  # weights; smaller ones are left out


class _Matrix:
    """Rows of features as coordinates, with a last column of ones for the bias."""

    def __init__(self, rows: Sequence[Mapping[str, float]], minimum: int) -> None:
        seen = Counter(feature for row in rows for feature in row)
        self.features = sorted(feature for feature, count in seen.items() if count >= minimum)
        column = {feature: at for at, feature in enumerate(self.features)}
        entries = [
            (at, column[feature], value)
            for at, row in enumerate(rows)
            for feature, value in row.items()
            if feature in column
        ]
        entries += [(at, len(column), 1.0) for at in range(len(rows))]
        self.height, self.width = len(rows), len(column) + 1
        self._row = np.array([entry[0] for entry in entries])
        self._column = np.array([entry[1] for entry in entries])
        self._value = np.array([entry[2] for entry in entries])

    def times(self, vector: Vector) -> Vector:
        return np.bincount(self._row, self._value * vector[self._column], self.height).astype(np.float64)

    def transposed_times(self, vector: Vector) -> Vector:
        return np.bincount(self._column, self._value * vector[self._row], self.width).astype(np.float64)


def fit(
    rows: Sequence[Mapping[str, float]], labels: Sequence[bool], penalty: float, minimum: int = 2
) -> dict[str, float]:
    """The weights by feature, and the bias under ""; features in fewer than ``minimum`` rows have none."""
    matrix = _Matrix(rows, minimum)
    wanted = np.array(labels, dtype=np.float64)
    weights = np.zeros(matrix.width)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(matrix.times(weights), -30, 30)))
        slope = matrix.transposed_times(chance - wanted) + penalty * weights
        if float(np.abs(slope).max()) < _TOLERANCE:
            break
        weights -= _solve(matrix, chance * (1 - chance), slope, penalty)
    found = {feature: round(float(weight), 2) for feature, weight in zip(matrix.features, weights[:-1], strict=True)}
    kept = {feature: weight for feature, weight in found.items() if abs(weight) >= _SMALLEST}
    return kept | {"": round(float(weights[-1]), 2)}


def _solve(matrix: _Matrix, curvature: Vector, slope: Vector, penalty: float) -> Vector:
    """The Newton step, by conjugate gradients."""
    step = np.zeros_like(slope)
    rest = slope.copy()
    direction = rest.copy()
    size = float(rest @ rest)
    target = size * 1e-6
    for _ in range(_INNER):
        curved = matrix.transposed_times(curvature * matrix.times(direction)) + penalty * direction
        reach = size / float(direction @ curved)
        step += reach * direction
        rest -= reach * curved
        new = float(rest @ rest)
        if new < target:
            break
        direction = rest + (new / size) * direction
        size = new
    return step
