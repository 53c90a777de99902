from __future__ import annotations

import math

import pytest

from streams.evaluation.logistic import fit

ROWS = [{"rain": 1.0}, {"rain": 1.0}, {"sun": 1.0}, {"sun": 1.0}, {"sun": 1.0, "rain": 1.0}, {}]
WET = [True, True, False, False, True, False]


def test_what_goes_with_the_label_gets_a_positive_weight() -> None:
    weights = fit(ROWS, WET, penalty=0.5)
    assert weights["rain"] > 1
    assert weights["sun"] < 0


def test_a_weight_without_penalty_is_the_log_odds() -> None:
    rows = [{"x": 1.0}] * 4 + [{}] * 4
    weights = fit(rows, [True, True, True, False, True, False, False, False], penalty=1e-6)
    assert weights[""] == pytest.approx(math.log(1 / 3), abs=0.02)
    assert weights[""] + weights["x"] == pytest.approx(math.log(3), abs=0.03)


def test_rare_features_have_no_weight() -> None:
    assert "once" not in fit([*ROWS, {"once": 1.0}], [*WET, True], penalty=0.5)


def test_the_same_rows_give_the_same_weights() -> None:
    assert fit(ROWS, WET, penalty=1) == fit(ROWS, WET, penalty=1)
