"""The tests that rules consist of, deduplicated: equal tests of many rules share a number and are evaluated once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Set

from detectors.conditions.lexicon import Phrase
from detectors.conditions.nodes import Has, Says
from detectors.conditions.parties import Named
from detectors.conditions.predicates import Predicate, Terms, Whole, Words
from detectors.index.lookups import lookups

Need = str | int
"""What an article must have: a word in title or body, or a numbered test of :class:`Leaves`."""
Clause = frozenset[Need]
"""Needs of which an article must have at least one."""

USUAL = {
    "code": 20, "label": 60, "class": 100, "role": 30, "salience": 600, "former": 900, "language": 900,
    "type": 40, "status": 300, "background": 600, "place": 5, "actor.country": 5, "target.country": 5,
    "participant.country": 10, "actor.party": 5, "target.party": 5, "participant.party": 10, "actor.class": 50,
    "target.class": 50, "participant.class": 100,
}  # fmt: skip
"""Estimated number of articles per thousand that meet one value of an attribute. Only the speed depends on it."""
RARE, PATTERN, WORD, ALL = 1, 50, 100, 1000
FEW = 16
"""Up to this many values are compared one by one to find equal tests; longer lists must be the same object."""


class FieldLeaves:
    """The tests of one field: single tests, and sets of tests that one value must meet together.

    ``alone`` are the tests that some leaf consists of; the others serve only in sets.
    """

    def __init__(self) -> None:
        self.tests: list[tuple[int, str, Predicate]] = []
        self.alone: set[int] = set()
        self.together: list[tuple[frozenset[int], int]] = []


class Leaves:
    """Numbers the tests of articles: tests of values, phrases, and clauses that need one of their members."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._usual: dict[Need, int] = {}
        self._clauses: dict[int, Clause] = {}
        """Clauses of long lists, by the identity of the list, which the rules keep alive."""
        self._known: dict[int, tuple[Clause, bool]] = {}
        """Clauses of leaves, by identity: equal leaves of many rules are usually one object."""
        self.fields: dict[str, FieldLeaves] = {}
        self.says: list[tuple[int, Says]] = []
        """Leaves on ``title`` and ``lead``; for ``text`` each phrase is a need of its own."""
        self.phrases: dict[Phrase, int] = {}
        self.patterns: list[tuple[int, str, str]] = []
        """Number, field and pattern."""
        self.either: dict[int, Clause] = {}

    def clause(self, leaf: Has | Says) -> tuple[Clause, bool]:
        """What an article must have to meet a leaf, and whether that is sufficient."""
        known = self._known.get(id(leaf))
        if known is None:
            known = self._known[id(leaf)] = self._has(leaf) if isinstance(leaf, Has) else (self._says(leaf), True)
        return known

    def _has(self, leaf: Has) -> tuple[Clause, bool]:
        """The tests that can be looked up; numeric bounds, patterns and negations are left to the rule itself."""
        asked, exact = lookups(leaf.tests)
        field = self.fields.setdefault(leaf.field, FieldLeaves())
        numbers: set[int] = set()
        for attribute, predicate in asked:
            usual = USUAL.get(attribute, RARE) * _width(predicate)
            number, new = self._number((leaf.field, attribute, _predicate_key(predicate)), usual)
            if new:
                field.tests.append((number, attribute, predicate))
            numbers.add(number)
        if len(numbers) == 1:
            field.alone |= numbers
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
        """What an article must have for one of the patterns to match one of its texts."""
        numbers: set[int] = set()
        for pattern in patterns:
            number, new = self._number((field, "pattern", pattern), PATTERN)
            if new:
                self.patterns.append((number, field, pattern))
            numbers.add(number)
        return frozenset(numbers)

    def either_of(self, clause: Clause) -> Need:
        """A single need that represents a clause."""
        if len(clause) == 1:
            return next(iter(clause))
        number, new = self._number(clause, self.width(clause)[0])
        if new:
            self.either[number] = clause
        return number

    def width(self, clause: Set[Need]) -> tuple[int, list[str]]:
        """The estimated number of articles per thousand that meet a clause, and its needs as a tie-breaker."""
        return sum(map(self.usual, clause)), sorted(map(str, clause))

    def usual(self, need: Need) -> int:
        """The estimated number of articles per thousand that have the need."""
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
        if len(terms.names) > FEW:  # a long list shared by many rules is one need
            clause = self._clauses[key] = frozenset((self.either_of(clause),))
        return clause

    def _phrase(self, wanted: Phrase) -> Need:
        if wanted.simple:
            return wanted.text
        number, _ = self._number(wanted, RARE)
        self.phrases[wanted] = number
        return number


def _width(predicate: Predicate) -> int:
    """The number of values that meet the predicate."""
    if isinstance(predicate, Whole):
        return len(predicate.names)
    if isinstance(predicate, Named):
        return _width(predicate.countries) + _width(predicate.names)
    return len(predicate.terms.names) if isinstance(predicate, Words) else 1


def _predicate_key(predicate: Predicate) -> Hashable:
    """A key that is equal for equivalent predicates; the display names of entries do not matter."""
    if isinstance(predicate, Whole):
        return "whole", _names_key(predicate.names), predicate.cased
    if isinstance(predicate, Named):
        return "named", _predicate_key(predicate.countries), _predicate_key(predicate.names)
    return ("words", _names_key(predicate.terms.names)) if isinstance(predicate, Words) else predicate


def _names_key(names: Iterable[Hashable]) -> Hashable:
    """The values themselves if they are few; the object identity of a long list."""
    known = frozenset(names) if isinstance(names, dict) and len(names) <= FEW else None
    return id(names) if known is None else known
