"""Find the leaves that an article's values of one field meet."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from detectors.conditions.conjunctions import Conjunctions
from detectors.conditions.lexicon import Folds, Lexicon, Phrase
from detectors.conditions.parties import Named
from detectors.conditions.predicates import Flag, Predicate, Whole, Words
from detectors.conditions.values import Value, scalar_key
from detectors.folding import words
from detectors.index.leaves import FieldLeaves, Need

K = TypeVar("K", bound=Hashable)


class FieldIndex:
    """The leaves on one field: tests of its values, and sets of tests that one value must meet together."""

    __slots__ = ("_alone", "_keys", "_together", "_words")

    def __init__(self, leaves: FieldLeaves, likely: Callable[[int], float] = lambda _test: 0) -> None:
        """``likely`` estimates how often a value meets a test, from 0 to 1."""
        keys: dict[tuple[str, bool], dict[Hashable, list[int]]] = {}
        spelled: dict[tuple[str, bool], dict[Phrase, list[int]]] = {}
        for number, attribute, predicate in leaves.tests:
            for name, one in _lookups(attribute, predicate):
                if isinstance(one, Words):
                    by_phrase = spelled.setdefault((name, one.terms.cased), {})
                    for wanted in one.terms.names:
                        by_phrase.setdefault(wanted, []).append(number)
                elif isinstance(one, Whole):
                    by_key = keys.setdefault((name, one.cased), {})
                    for key in one.names:
                        by_key.setdefault(key, []).append(number)
                elif isinstance(one, Flag):
                    keys.setdefault((name, False), {}).setdefault(scalar_key(one.wanted), []).append(number)
        self._keys = [(*where, shared_tuples(by_key)) for where, by_key in keys.items()]
        self._words = [(*where, _Spellings(shared_tuples(by_phrase))) for where, by_phrase in spelled.items()]
        self._together = Conjunctions(leaves.together, likely)
        self._alone = frozenset(leaves.alone)

    def met(self, values: tuple[Value, ...], into: set[Need]) -> None:
        """Add the tests and sets of tests that one of the values meets."""
        for value in values:
            present: set[int] = set()
            for attribute, cased, by_key in self._keys:
                for key in _keys_of(value, attribute, cased):
                    if key in by_key:
                        present.update(by_key[key])
            for attribute, cased, spellings in self._words:
                for spelling in value.spellings(attribute, cased):
                    present.update(spellings.tests(spelling))
            if self._together:
                into |= present & self._alone
                into.update(self._together.met(present))
            else:
                into |= present


def _lookups(attribute: str, predicate: Predicate) -> tuple[tuple[str, Predicate], ...]:
    """The attributes in which a predicate is looked up: a party's country or name, whichever is there."""
    if not isinstance(predicate, Named):
        return ((attribute, predicate),)
    side = attribute.partition(".")[0]
    return (f"{side}.country", predicate.countries), (f"{side}.name", predicate.names)


class _Spellings:
    """The tests that a spelling of a name or role meets, cached for spellings that recur."""

    __slots__ = ("_by_phrase", "_known", "_lexicon")
    MOST = 10_000

    def __init__(self, by_phrase: dict[Phrase, tuple[int, ...]]) -> None:
        self._by_phrase = by_phrase
        self._lexicon = Lexicon(by_phrase)
        self._known: dict[str, tuple[int, ...]] = {}

    def tests(self, spelling: str) -> tuple[int, ...]:
        known = self._known.get(spelling)
        if known is None:
            plain = words(spelling)
            found = (*self._lexicon.single(set(plain)), *self._lexicon.longer((Folds(spelling),), plain))
            known = tuple({test for wanted in found for test in self._by_phrase[wanted]})
            if len(self._known) >= self.MOST:
                self._known.clear()
            self._known[spelling] = known
        return known


def shared_tuples(postings: dict[K, list[int]]) -> dict[K, tuple[int, ...]]:
    """Postings as tuples; equal ones are shared, since all entries of a long list have the same."""
    shared: dict[tuple[int, ...], tuple[int, ...]] = {}
    return {key: shared.setdefault(found := tuple(numbers), found) for key, numbers in postings.items()}


def _keys_of(value: Value, attribute: str, cased: bool) -> tuple[Hashable, ...]:
    """The keys that look up a whole value of the attribute; what parties have together is no attribute of its own."""
    given = value.attributes.get(attribute, ())
    if given is None:
        return ()
    return value.spellings(attribute, cased) if isinstance(given, tuple) else (scalar_key(given),)
