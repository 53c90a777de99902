"""The questions that rules are made of, each once: equal ones of many rules have one number, and are asked once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Set

from detectors.conditions.lexicon import Phrase
from detectors.conditions.nodes import Has, Says
from detectors.conditions.predicates import Each, Flag, Predicate, Terms, Whole, Words

Need = str | int
"""What an article must have: a word of title or body, or what has a number in :class:`Leaves`."""
Clause = frozenset[Need]
"""Needs of which an article must have one."""

USUAL = {"code": 20, "label": 60, "class": 100, "role": 30, "salience": 600, "former": 900, "language": 900}
"""Of a thousand articles, about how many meet one value of an attribute. Guesses: only the speed rests on them."""
RARE, PATTERN, WORD, ALL = 1, 50, 100, 1000
FEW = 16
"""Up to so many values are compared one by one to see that two questions are equal; more must be the same list."""


class FieldLeaves:
    """What is asked of the values of one field: single tests, and sets of tests that one value must meet together."""

    def __init__(self) -> None:
        self.tests: list[tuple[int, str, Predicate]] = []
        self.together: list[tuple[frozenset[int], int]] = []


class Leaves:
    """Numbers for what articles are asked: tests of values, phrases, and clauses, each for one of its members."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._usual: dict[Need, int] = {}
        self._clauses: dict[int, Clause] = {}
        """Of long lists, by the identity of the list, which the rules keep."""
        self._known: dict[int, tuple[Clause, bool]] = {}
        """Of leaves, likewise: equal leaves of many rules are mostly one object."""
        self.fields: dict[str, FieldLeaves] = {}
        self.says: list[tuple[int, Says]] = []
        """On ``title`` and ``lead``; of ``text`` each phrase is asked by itself."""
        self.phrases: dict[Phrase, int] = {}
        self.patterns: list[tuple[int, str, str]] = []
        """Number, field and pattern."""
        self.either: dict[int, Clause] = {}

    def clause(self, leaf: Has | Says) -> tuple[Clause, bool]:
        """What an article must have to meet a leaf, and whether that is all."""
        known = self._known.get(id(leaf))
        if known is None:
            known = self._known[id(leaf)] = self._has(leaf) if isinstance(leaf, Has) else (self._says(leaf), True)
        return known

    def _has(self, leaf: Has) -> tuple[Clause, bool]:
        """The tests that can be looked up; bounds of numbers, patterns and negations are left for asking the rule."""
        asked = [(attribute, one) for attribute, predicate in leaf.tests for one in flat(predicate)]
        field = self.fields.setdefault(leaf.field, FieldLeaves())
        numbers: set[int] = set()
        for attribute, predicate in asked:
            if keyed(predicate):
                usual = USUAL.get(attribute, RARE) * _width(predicate)
                number, new = self._number((leaf.field, attribute, _predicate_key(predicate)), usual)
                if new:
                    field.tests.append((number, attribute, predicate))
                numbers.add(number)
        exact = all(keyed(predicate) for _, predicate in asked)
        if len(numbers) == 1:
            return frozenset(numbers), exact
        tests = frozenset(numbers)
        number, new = self._number((leaf.field, tests), min(map(self.usual, tests), default=ALL))
        if new:
            field.together.append((tests, number))
        return frozenset((number,)), exact

    def _says(self, leaf: Says) -> Clause:
        if leaf.field == "text":
            return self._phrases(leaf.terms)
        number, new = self._number((leaf.field, _names_key(leaf.terms.names)), WORD * len(leaf.terms.names))
        if new:
            self.says.append((number, leaf))
        return frozenset((number,))

    def pattern_clause(self, field: str, patterns: Iterable[str]) -> Clause:
        """What an article must have for one of the patterns to be found in a text of it."""
        numbers: set[int] = set()
        for pattern in patterns:
            number, new = self._number((field, "pattern", pattern), PATTERN)
            if new:
                self.patterns.append((number, field, pattern))
            numbers.add(number)
        return frozenset(numbers)

    def either_of(self, clause: Clause) -> Need:
        """What stands for one of the members of a clause."""
        if len(clause) == 1:
            return next(iter(clause))
        number, new = self._number(clause, self.width(clause)[0])
        if new:
            self.either[number] = clause
        return number

    def width(self, clause: Set[Need]) -> tuple[int, list[str]]:
        """A guess at how many of a thousand articles meet a clause; and its needs, so that no two are equal."""
        return sum(map(self.usual, clause)), sorted(map(str, clause))

    def usual(self, need: Need) -> int:
        """A guess at how many of a thousand articles have it."""
        return WORD if isinstance(need, str) else self._usual[need]

    def _number(self, key: Hashable, usual: int) -> tuple[int, bool]:
        number = self._numbers.setdefault(key, len(self._numbers))
        new = number not in self._usual
        if new:
            self._usual[number] = usual
        return number, new

    def _phrases(self, terms: Terms) -> Clause:
        key = id(terms.names)
        if len(terms.names) > FEW and key in self._clauses:
            return self._clauses[key]
        clause = frozenset(self._phrase(wanted) for wanted in terms.names)
        if len(terms.names) > FEW:  # a long list of many rules is one need
            clause = self._clauses[key] = frozenset((self.either_of(clause),))
        return clause

    def _phrase(self, wanted: Phrase) -> Need:
        if wanted.simple:
            return wanted.text
        number, _ = self._number(wanted, RARE)
        self.phrases[wanted] = number
        return number


def flat(predicate: Predicate) -> Iterator[Predicate]:
    """The questions about an attribute that must all be met."""
    if isinstance(predicate, Each):
        for one in predicate.predicates:
            yield from flat(one)
    else:
        yield predicate


def keyed(predicate: Predicate) -> bool:
    """Whether a value's attribute says at once which of these predicates it meets."""
    if isinstance(predicate, Whole | Words):
        return not predicate.negated
    return isinstance(predicate, Flag)


def _width(predicate: Predicate) -> int:
    """How many values meet it."""
    if isinstance(predicate, Whole):
        return len(predicate.names)
    return len(predicate.terms.names) if isinstance(predicate, Words) else 1


def _predicate_key(predicate: Predicate) -> Hashable:
    """What makes two predicates the same question; the names of entries do not."""
    if isinstance(predicate, Whole):
        return "whole", _names_key(predicate.names), predicate.cased
    return ("words", _names_key(predicate.terms.names)) if isinstance(predicate, Words) else predicate


def _names_key(names: Iterable[Hashable]) -> Hashable:
    """The values themselves where they are few; a long list is the same where it is the same object."""
    known = frozenset(names) if isinstance(names, dict) and len(names) <= FEW else None
    return id(names) if known is None else known
