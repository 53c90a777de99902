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

USUAL = {"code": 50, "label": 100, "class": 100, "role": 50, "salience": 500, "former": 500, "language": 500}
"""Of a thousand articles, about how many meet one value of an attribute. Guesses: only the speed rests on them."""
RARE, WORD, ALL = 2, 10, 1000
FEW = 16
"""Up to so many values are compared one by one to see that two questions are equal; more must be the same list."""


class Leaves:
    """Numbers for what articles are asked: leaves, phrases, and clauses, which stand for one of their members."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._usual: dict[Need, int] = {}
        self._clauses: dict[int, Clause] = {}
        """By the identity of leaves and of long lists, which the rules keep."""
        self.has: list[tuple[int, Has]] = []
        self.says: list[tuple[int, Says]] = []
        """On ``title`` and ``lead``; of ``text`` each phrase is asked by itself."""
        self.phrases: dict[Phrase, int] = {}
        self.either: dict[int, Clause] = {}

    def clause(self, leaf: Has | Says) -> Clause:
        """What an article must have to meet a leaf."""
        known = self._clauses.get(id(leaf))  # equal leaves of many rules are mostly one object
        if known is None:
            known = self._clauses[id(leaf)] = self._new_clause(leaf)
        return known

    def _new_clause(self, leaf: Has | Says) -> Clause:
        if isinstance(leaf, Has):
            number, new = self._number((leaf.field, _tests_key(leaf)), _usual(leaf))
            if new:
                self.has.append((number, leaf))
            return frozenset((number,))
        if leaf.field != "text":
            number, new = self._number((leaf.field, _names_key(leaf.terms.names)), WORD * len(leaf.terms.names))
            if new:
                self.says.append((number, leaf))
            return frozenset((number,))
        return self._phrases(leaf.terms)

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


def _usual(leaf: Has) -> int:
    """A guess at how many of a thousand articles meet it: as many as meet its rarest test."""
    guesses = (USUAL.get(attribute, RARE) * _width(one) for attribute, test in leaf.tests for one in flat(test))
    return min((guess for guess in guesses if guess), default=ALL)


def _width(predicate: Predicate) -> int:
    """How many values meet it; 0 where nothing can be said."""
    if isinstance(predicate, Whole):
        return 0 if predicate.negated else len(predicate.names)
    if isinstance(predicate, Words):
        return 0 if predicate.negated else len(predicate.terms.names)
    return int(isinstance(predicate, Flag))


def _tests_key(leaf: Has) -> Hashable:
    return tuple((attribute, predicate_key(predicate)) for attribute, predicate in leaf.tests)


def predicate_key(predicate: Predicate) -> Hashable:
    """What makes two predicates the same question; the names of entries do not."""
    if isinstance(predicate, Whole):
        return "whole", _names_key(predicate.names), predicate.negated, predicate.cased
    if isinstance(predicate, Words):
        return "words", _names_key(predicate.terms.names), predicate.negated
    if isinstance(predicate, Each):
        return tuple(predicate_key(one) for one in predicate.predicates)
    return predicate


def _names_key(names: Iterable[Hashable]) -> Hashable:
    """The values themselves where they are few; a long list is the same where it is the same object."""
    known = frozenset(names) if isinstance(names, dict) and len(names) <= FEW else None
    return id(names) if known is None else known
