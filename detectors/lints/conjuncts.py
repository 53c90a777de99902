"""The conditions that all have to hold for a condition to hold."""

from __future__ import annotations

from detectors.conditions.nodes import Condition, Every


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """The condition's parts, where it means all of them, nesting undone; else itself."""
    if not isinstance(condition, Every):
        return (condition,)
    return tuple(part for one in condition.conditions for part in conjuncts(one))
