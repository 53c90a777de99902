"""What an article must have to meet a condition, as clauses that it must all satisfy."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.conditions.events import Different
from detectors.conditions.nodes import Condition, Every, Has, Reads, Says, Some, TextPattern, Within
from detectors.index.leaves import Clause, Leaves, Need

NEVER: Clause = frozenset()
"""The clause that no article meets."""


def gather(
    condition: Condition, leaves: Leaves, into: set[Clause], *, patterns: bool = False, local: bool = False
) -> bool:
    """Add the clauses of a condition; return whether they are equivalent to it.

    ``patterns``: search for patterns in every article; ``local``: the condition applies to a stretch of the article.
    """
    if isinstance(condition, Has):
        clause, exact = leaves.clause(condition)
        into.add(clause)
        return exact
    if isinstance(condition, Every):
        exact = True
        for part in condition.conditions:
            exact &= gather(part, leaves, into, patterns=patterns, local=local)
        return exact
    if isinstance(condition, Different):
        for part in condition.conditions:
            gather(part, leaves, into, patterns=patterns, local=local)
        return False
    if isinstance(condition, Says):
        if condition.negated or (local and condition.field != "text"):
            return False
        clause, exact = leaves.clause(condition)
        into.add(clause)
        return exact
    if isinstance(condition, Some):
        return gather_some(condition.conditions, leaves, into, patterns=patterns, local=local)
    if isinstance(condition, Within):  # the article contains what its sentence contains
        gather(condition.condition, leaves, into, patterns=patterns, local=True)
    if patterns and not local and isinstance(condition, Reads) and isinstance(condition.test, TextPattern):
        into.add(leaves.pattern_clause(condition.field, condition.test.patterns))
        return True
    return False  # a negation needs something absent; a stretch may match a pattern that the whole text does not


def gather_some(
    conditions: Iterable[Condition],
    leaves: Leaves,
    into: set[Clause],
    *,
    patterns: bool = False,
    local: bool = False,
) -> bool:
    """Add the clause of conditions of which one must be met: the union of the narrowest clause of each."""
    together: set[Need] = set()
    all_exact, always, open_ended = True, False, False
    for condition in conditions:
        clauses: set[Clause] = set()
        exact = gather(condition, leaves, clauses, patterns=patterns, local=local)
        if NEVER in clauses:
            continue
        if not clauses:
            always |= exact
            open_ended = True
            continue
        together |= min(clauses, key=leaves.width)
        all_exact &= exact and len(clauses) == 1
    if open_ended:
        return always
    into.add(frozenset(together))
    return all_exact
