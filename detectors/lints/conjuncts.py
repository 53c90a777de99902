"""The conditions that must all hold for a condition to hold."""

from __future__ import annotations

from detectors.conditions.nodes import Condition, Every


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """The flattened parts of a condition that requires all of them; any other condition by itself."""
    if not isinstance(condition, Every):
        return (condition,)
    return tuple(part for one in condition.conditions for part in conjuncts(one))
