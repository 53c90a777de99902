"""What an article must have to meet a condition, as clauses that it must all meet."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detectors.conditions.nodes import Condition, Every, Has, Says, Some, Within
from detectors.index.leaves import Clause, Leaves, Need

NEVER: Clause = frozenset()
"""The clause that no article meets."""


class Clauses(msgspec.Struct, frozen=True):
    """Every one of the ``clauses`` must be met; ``exact`` where no more is asked."""

    clauses: frozenset[Clause]
    exact: bool


_NOTHING = Clauses(frozenset(), exact=False)


def clauses_of(condition: Condition, leaves: Leaves, *, local: bool = False) -> Clauses:
    """The clauses of a condition; ``local`` where it is asked about a stretch of the article."""
    if isinstance(condition, Has):
        return Clauses(frozenset((leaves.clause(condition),)), exact=True)
    if isinstance(condition, Says):
        if condition.negated or (local and condition.field != "text"):
            return _NOTHING
        return Clauses(frozenset((leaves.clause(condition),)), exact=True)
    if isinstance(condition, Every):
        return every(clauses_of(part, leaves, local=local) for part in condition.conditions)
    if isinstance(condition, Some):
        return some((clauses_of(part, leaves, local=local) for part in condition.conditions), leaves)
    if isinstance(condition, Within):  # what a sentence holds, the article holds too
        return Clauses(clauses_of(condition.condition, leaves, local=True).clauses, exact=False)
    return _NOTHING  # a negation asks for what is not there; a pattern has no words to look for


def every(parts: Iterable[Clauses]) -> Clauses:
    """The clauses of conditions that must all be met."""
    known = list(parts)
    return Clauses(frozenset[Clause]().union(*(part.clauses for part in known)), all(part.exact for part in known))


def some(parts: Iterable[Clauses], leaves: Leaves) -> Clauses:
    """The clause of conditions of which one must be met: the narrowest clause of each, together."""
    possible = [part for part in parts if NEVER not in part.clauses]
    if not all(part.clauses for part in possible):
        return Clauses(frozenset(), exact=any(part.exact and not part.clauses for part in possible))

    def usual(clause: Clause) -> tuple[int, list[str]]:
        return sum(map(leaves.usual, clause)), sorted(map(str, clause))

    together = frozenset[Need]().union(*(min(part.clauses, key=usual) for part in possible))
    return Clauses(frozenset((together,)), all(part.exact and len(part.clauses) == 1 for part in possible))
