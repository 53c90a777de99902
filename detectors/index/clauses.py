"""What an article must have to meet a condition: clauses, of each of which it must answer one question with yes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detectors.conditions.nodes import Condition, Every, Has, Says, Some, Within
from detectors.index.leaves import Leaf, Leaves

Clause = frozenset[int]
NEVER: Clause = frozenset()
"""The clause that no article meets."""


class Clauses(msgspec.Struct, frozen=True):
    """Every one of the ``clauses`` must be met, by one of its leaves; ``exact`` where no more is asked."""

    clauses: frozenset[Clause]
    exact: bool


_NOTHING = Clauses(frozenset(), exact=False)


def clauses_of(condition: Condition, leaves: Leaves) -> Clauses:
    """The clauses of a condition that is asked about the whole article."""
    return _clauses(condition, leaves, local=False)


def every(parts: Iterable[Clauses]) -> Clauses:
    """The clauses of conditions that must all be met."""
    known = list(parts)
    return Clauses(frozenset[Clause]().union(*(part.clauses for part in known)), all(part.exact for part in known))


def some(parts: Iterable[Clauses], leaves: Leaves) -> Clauses:
    """The clause of conditions of which one must be met: the narrowest clause of each together."""
    possible = [part for part in parts if NEVER not in part.clauses]
    if not all(part.clauses for part in possible):
        return Clauses(frozenset(), exact=any(part.exact and not part.clauses for part in possible))
    narrowest = [min(part.clauses, key=leaves.breadth) for part in possible]
    exact = all(part.exact and len(part.clauses) == 1 for part in possible)
    return Clauses(frozenset((NEVER.union(*narrowest),)), exact)


def _clauses(condition: Condition, leaves: Leaves, *, local: bool) -> Clauses:
    if isinstance(condition, Has | Says):
        return _leaf(condition, leaves, local=local)
    if isinstance(condition, Every):
        return every(_clauses(part, leaves, local=local) for part in condition.conditions)
    if isinstance(condition, Some):
        return some((_clauses(part, leaves, local=local) for part in condition.conditions), leaves)
    if isinstance(condition, Within):  # what a sentence holds, the article holds too
        return Clauses(_clauses(condition.condition, leaves, local=True).clauses, exact=False)
    return _NOTHING  # a negation asks for what is not there; a pattern has no words to look for


def _leaf(leaf: Leaf, leaves: Leaves, *, local: bool) -> Clauses:
    if isinstance(leaf, Says) and (leaf.negated or (local and leaf.field != "text")):
        return _NOTHING
    return Clauses(frozenset((frozenset((leaves.number(leaf),)),)), exact=True)
