"""From an article's values of one field to the leaves that they meet."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from detectors.conditions.conjunctions import Conjunctions
from detectors.conditions.lexicon import Lexicon, Phrase
from detectors.conditions.nodes import Has
from detectors.conditions.predicates import Flag, Predicate, Whole, Words
from detectors.conditions.values import Value, scalar_key
from detectors.index.leaves import flat, predicate_key

Test = tuple[str, Predicate]


class FieldIndex:
    """The leaves on one field. A leaf is met by one value that meets all of its tests."""

    __slots__ = ("_keys", "_leaves", "_words")

    def __init__(self, leaves: Iterable[tuple[int, Has]]) -> None:
        tests: dict[Hashable, int] = {}
        keys: dict[tuple[str, bool], dict[Hashable, list[int]]] = {}
        words: dict[tuple[str, bool], dict[Phrase, list[int]]] = {}
        entries: list[tuple[frozenset[int], tuple[int, tuple[Test, ...]]]] = []
        for number, leaf in leaves:
            needs: set[int] = set()
            others: list[Test] = []
            for attribute, predicate in _tests(leaf):
                if not _keyed(predicate):
                    others.append((attribute, predicate))
                    continue
                key = (attribute, predicate_key(predicate))
                test = tests.get(key)
                if test is None:
                    test = tests[key] = len(tests)
                    _enter(attribute, predicate, test, keys, words)
                needs.add(test)
            entries.append((frozenset(needs), (number, tuple(others))))
        self._keys = [(*where, {key: tuple(found) for key, found in by_key.items()}) for where, by_key in keys.items()]
        self._words = [
            (attribute, cased, _Spellings({wanted: tuple(found) for wanted, found in by_phrase.items()}))
            for (attribute, cased), by_phrase in words.items()
        ]
        self._leaves = Conjunctions(entries)

    def met(self, values: tuple[Value, ...], into: set[int]) -> None:
        """Add the leaves that one of the values meets."""
        for value in values:
            present: set[int] = set()
            for attribute, cased, by_key in self._keys:
                for key in _keys_of(value, attribute, cased):
                    present.update(by_key.get(key, ()))
            for attribute, cased, spellings in self._words:
                for spelling in value.spellings(attribute, cased):
                    present.update(spellings.tests(spelling))
            for leaf, others in self._leaves.met(present):
                if leaf not in into and all(predicate.holds(value, attribute) for attribute, predicate in others):
                    into.add(leaf)


class _Spellings:
    """The tests that a spelling of a name or role meets, remembered for the spellings that come again and again."""

    __slots__ = ("_by_phrase", "_known", "_lexicon")
    MOST = 10_000

    def __init__(self, by_phrase: dict[Phrase, tuple[int, ...]]) -> None:
        self._by_phrase = by_phrase
        self._lexicon = Lexicon(by_phrase)
        self._known: dict[str, tuple[int, ...]] = {}

    def tests(self, spelling: str) -> tuple[int, ...]:
        known = self._known.get(spelling)
        if known is None:
            found = self._lexicon.found(spelling)
            known = tuple({test for wanted in found for test in self._by_phrase[wanted]})
            if len(self._known) >= self.MOST:
                self._known.clear()
            self._known[spelling] = known
        return known


def _tests(leaf: Has) -> Iterator[Test]:
    for attribute, predicate in leaf.tests:
        for one in flat(predicate):
            yield attribute, one


def _keyed(predicate: Predicate) -> bool:
    """Whether a value's attribute says at once which of these predicates it meets."""
    if isinstance(predicate, Whole | Words):
        return not predicate.negated
    return isinstance(predicate, Flag)


def _enter(
    attribute: str,
    predicate: Predicate,
    test: int,
    keys: dict[tuple[str, bool], dict[Hashable, list[int]]],
    words: dict[tuple[str, bool], dict[Phrase, list[int]]],
) -> None:
    if isinstance(predicate, Words):
        by_phrase = words.setdefault((attribute, predicate.terms.cased), {})
        for wanted in predicate.terms.names:
            by_phrase.setdefault(wanted, []).append(test)
    elif isinstance(predicate, Whole):
        by_key = keys.setdefault((attribute, predicate.cased), {})
        for name in predicate.names:
            by_key.setdefault(name, []).append(test)
    elif isinstance(predicate, Flag):
        keys.setdefault((attribute, False), {}).setdefault(scalar_key(predicate.wanted), []).append(test)


def _keys_of(value: Value, attribute: str, cased: bool) -> tuple[Hashable, ...]:
    """What a whole value of the attribute is looked up by."""
    given = value.attributes.get(attribute)
    if given is None:
        return ()
    return value.spellings(attribute, cased) if isinstance(given, tuple) else (scalar_key(given),)
