"""Values of their own for several conditions."""

from __future__ import annotations

import pytest

from detectors.conditions.parties import all_different
from detectors.conditions.values import Value


@pytest.mark.parametrize(
    ("fitting", "found"),
    [
        ([], True),
        ([{0}], True),
        ([{0}, {0}], False),
        ([{0, 1}, {0}], True),
        ([{0, 1}, {0, 1}, {0, 1}], False),
        ([{0, 1}, {1, 2}, {0}], True),
        ([{0}, set(), {1}], False),
        ([{0, 1}, {0, 2}, {0, 3}, {0}], True),
    ],
)
def test_each_gets_a_value_of_its_own(fitting: list[set[int]], found: bool) -> None:
    values = [Value("party", number, str(number), {}) for number in range(4)]
    assert all_different(fitting, values, lambda value, fit: value.code in fit) is found


def test_long_chains_need_no_recursion() -> None:
    """Each takes the first value that fits; the last one can have a value only if all others change theirs."""
    most = 1200
    values = [Value("party", number, str(number), {}) for number in range(most + 1)]
    fitting = [{number, number + 1} for number in range(most)]
    assert all_different([*fitting, {0}], values, lambda value, fit: value.code in fit)
    assert not all_different([*fitting, {0}], values[:-1], lambda value, fit: value.code in fit)
