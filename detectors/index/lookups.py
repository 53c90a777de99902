"""What of a condition on one value can be looked up: tests of its attributes, and of the parties of an event.

The tests of one party become tests of all parties of its side together, such as ``target.country``. They find every
event that meets the condition; they are equivalent to it if each party has to meet one test only.
"""

from __future__ import annotations

from collections.abc import Iterator

from detectors.conditions.parties import DifferentParties, Named, SomeParty, Tests
from detectors.conditions.predicates import Each, Flag, Predicate, Whole, Words


def lookups(tests: Tests) -> tuple[list[tuple[str, Predicate]], bool]:
    """The tests that can be looked up, and whether they are equivalent to all of ``tests``."""
    found: list[tuple[str, Predicate]] = []
    exact = True
    for attribute, predicate in tests:
        if isinstance(predicate, SomeParty):
            own = list(_of_party(attribute, predicate.tests))
            exact &= len(own) == 1
        elif isinstance(predicate, DifferentParties):
            own = [test for one in predicate.each for test in _of_party(attribute, one)]
            exact = False
        else:
            own = [(attribute, one) for one in flat(predicate)]
        keyed_ones = [(name, one) for name, one in own if keyed(one)]
        exact &= len(keyed_ones) == len(own)
        found += keyed_ones
    return found, exact


def _of_party(side: str, tests: Tests) -> Iterator[tuple[str, Predicate]]:
    for attribute, predicate in tests:
        for one in flat(predicate):
            yield f"{side}.{attribute}", one


def flat(predicate: Predicate) -> Iterator[Predicate]:
    """The flattened tests of an attribute that must all be met."""
    if isinstance(predicate, Each):
        for one in predicate.predicates:
            yield from flat(one)
    else:
        yield predicate


def keyed(predicate: Predicate) -> bool:
    """Whether a lookup of the attribute's value finds the predicates of this sort that it meets."""
    if isinstance(predicate, Whole | Words | Named):
        return not predicate.negated
    return isinstance(predicate, Flag)
