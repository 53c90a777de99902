"""The questions that rules are made of, each once: equal ones of many rules are one leaf, asked once an article."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from detectors.conditions.nodes import Has, Says
from detectors.conditions.predicates import Each, Flag, Predicate, Terms, Whole, Words

Leaf = Has | Says
USUAL = {
    "country": 50,
    "code": 50,
    "label": 100,
    "class": 100,
    "role": 30,
    "salience": 500,
    "former": 500,
    "language": 500,
}
"""Of a thousand articles, about how many meet one value of an attribute; 1 where nothing is said."""
FEW = 16
"""Up to so many values are compared one by one to see that two questions are equal; more must be the same list."""


class Leaves:
    """Leaves and sets of leaves by number. A set stands for the question whether one of them is met."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._leaves: dict[int, Leaf] = {}
        self._breadths: dict[int, int] = {}
        self.sets: dict[int, frozenset[int]] = {}

    def number(self, leaf: Leaf) -> int:
        """The number of a leaf, the same for equal ones."""
        key = leaf_key(leaf)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._leaves[number] = leaf
            self._breadths[number] = _breadth(leaf)
        return number

    def breadth(self, leaves: frozenset[int]) -> tuple[int, list[int]]:
        """A guess at how many articles meet one of these leaves; and the leaves, so that no two sets are equal."""
        return sum(self._breadths[leaf] for leaf in leaves), sorted(leaves)

    def either(self, leaves: frozenset[int]) -> int:
        """The number that stands for one of these leaves."""
        if len(leaves) == 1:
            return next(iter(leaves))
        number = self._numbers.setdefault(leaves, len(self._numbers))
        self.sets[number] = leaves
        return number

    def __iter__(self) -> Iterator[tuple[int, Leaf]]:
        return iter(self._leaves.items())


def _breadth(leaf: Leaf) -> int:
    if isinstance(leaf, Says):
        return len(leaf.terms.names)
    asked = [(attribute, one) for attribute, predicate in leaf.tests for one in flat(predicate)]
    return min((USUAL.get(attribute, 1) * width for attribute, one in asked if (width := _width(one))), default=1000)


def _width(predicate: Predicate) -> int:
    """How many values meet it; 0 where that is not known."""
    if isinstance(predicate, Whole):
        return 0 if predicate.negated else len(predicate.names)
    if isinstance(predicate, Words):
        return 0 if predicate.negated else len(predicate.terms.names)
    return 1 if isinstance(predicate, Flag) else 0


def flat(predicate: Predicate) -> Iterator[Predicate]:
    """The questions about an attribute that must all be met."""
    if isinstance(predicate, Each):
        for one in predicate.predicates:
            yield from flat(one)
    else:
        yield predicate


def leaf_key(leaf: Leaf) -> Hashable:
    """What makes two leaves the same question; the names of entries do not."""
    if isinstance(leaf, Says):
        return leaf.field, _names_key(leaf.terms.names), leaf.negated
    return leaf.field, tuple((attribute, predicate_key(predicate)) for attribute, predicate in leaf.tests)


def predicate_key(predicate: Predicate) -> Hashable:
    """What makes two predicates the same question."""
    if isinstance(predicate, Whole):
        return "whole", _names_key(predicate.names), predicate.negated, predicate.cased
    if isinstance(predicate, Words):
        return "words", _terms_key(predicate.terms), predicate.negated
    if isinstance(predicate, Each):
        return tuple(predicate_key(one) for one in predicate.predicates)
    return predicate


def _terms_key(terms: Terms) -> Hashable:
    return _names_key(terms.names), terms.cased


def _names_key(names: Iterable[Hashable]) -> Hashable:
    """The values themselves where they are few; a long list is the same where it is the same object."""
    assert isinstance(names, dict)
    return frozenset(names) if len(names) <= FEW else id(names)
