"""Reads the keys that speak of one and the same event or party, and the combinators among them."""

from __future__ import annotations

from detectors.conditions.field_reader import cased_of, listed, unknown_key
from detectors.conditions.parties import AnyOf, NoneOf, Tests
from detectors.reading.context import Place
from detectors.reading.macros import expanded
from detectors.reading.nodes import Mapping, Node, Sequence
from detectors.reading.problems import Wrong, shown

INSIDE = ("not", "none")


class Subject:
    """What the keys speak of. ``keys`` are those that :meth:`key` reads; ``name`` is its name in messages."""

    name: str
    keys: tuple[str, ...]

    def plain(self, node: Node, place: Place, cased: bool) -> Tests:
        """The tests for a plain value or a list of values."""
        raise NotImplementedError

    def hint(self, key: str) -> str:
        """What to write instead of a key that the subject does not have, or nothing."""
        del key
        return ""

    def key(self, key: str, node: Node, place: Place, cased: bool) -> Tests:
        """The tests for one key."""
        raise NotImplementedError


class SubjectReader:
    """Reads the tests of one value; ``all`` asks for several values, so it is allowed at the top only."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def read(self, node: Mapping, place: Place, cased: bool, *, top: bool = True) -> tuple[Tests, list[Tests]]:
        """The tests of one value, and the tests that ``all`` asks of different values."""
        name = self._subject.name
        if not node.pairs:
            place.fail(node, f"expected a condition on {name!r}, found an empty mapping")
        tests: list[Tests] = []
        each: list[Tests] = []
        wrong = False
        for key, at, value in node.items():
            below = place.at(key)
            try:
                if key == "all":
                    if not top:
                        place.fail(at, f"'all' asks for several values of {name!r}; inside a combinator write one")
                    each += self._items(value, below, cased)
                elif key == "not":
                    tests.append(self._none((self._inner(value, below, cased),)))
                elif key == "none":
                    tests.append(self._none(tuple(self._items(value, below, cased))))
                elif key == "any" and _has_mappings(value, below):
                    tests.append(((name, AnyOf(tuple(self._items(value, below, cased)))),))
                elif key in {"cased", "exists"}:
                    continue
                elif key in self._subject.keys:
                    tests.append(self._subject.key(key, value, below, cased))
                elif hint := self._subject.hint(key):
                    place.fail(at, f"unknown key {shown(key)} of {name!r}; {hint}")
                else:
                    unknown_key(key, at, place, name, (*self._subject.keys, *INSIDE, "macro"))
            except Wrong:
                wrong = True
        if wrong:
            raise Wrong
        return tuple(test for some in tests for test in some), each

    def _none(self, choices: tuple[Tests, ...]) -> Tests:
        return ((self._subject.name, NoneOf(choices)),)

    def _items(self, node: Node, place: Place, cased: bool) -> list[Tests]:
        node, place = expanded(node, place)
        return [self._inner(item, place.at(number), cased) for number, item in enumerate(listed(node, place))]

    def _inner(self, node: Node, place: Place, cased: bool) -> Tests:
        """A plain value, or the keys of the same value again."""
        node, place = expanded(node, place)
        if not isinstance(node, Mapping):
            return self._subject.plain(node, place, cased)
        return self.read(node, place, cased_of(node, place) or cased, top=False)[0]


def _has_mappings(node: Node, place: Place) -> bool:
    node, _ = expanded(node, place)
    return isinstance(node, Sequence) and any(isinstance(item, Mapping) for item in node.items)
