"""Reads what a condition asks of a side of an event: a country, a name, or the keys of one party."""

from __future__ import annotations

from typing import cast

from detectors.conditions.entries import named_list, scalars
from detectors.conditions.field_reader import cased_of, operators, read_attribute, read_operator
from detectors.conditions.fields import PARTY, Form
from detectors.conditions.lexicon import Phrase, phrase
from detectors.conditions.parties import DifferentParties, Named, SomeParty, Tests
from detectors.conditions.predicates import Exists, Predicate, Terms, Whole, Words
from detectors.conditions.subjects import Subject, SubjectReader
from detectors.folding import fold_value
from detectors.reading.context import Place
from detectors.reading.macros import expanded
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence
from detectors.reading.problems import shown
from detectors.reading.readers import Boolean
from detectors.vocabulary import country_code

_NAME = PARTY.attributes["name"]


def read_side(side: str, node: Node, place: Place, cased: bool) -> Predicate:
    """The predicate on one side of an event."""
    node, place = expanded(node, place)
    subject = _PartySubject(side)
    if not isinstance(node, Mapping):
        return _some(subject.plain(node, place, cased), place)
    exists = node.get("exists")
    if exists is not None and (len(node.pairs) == 1 or not Boolean().read(exists, place.at("exists"))):
        if len(node.pairs) > 1:
            place.fail(node, "'exists: false' allows no other keys: a missing value has none")
        return Exists(Boolean().read(exists, place.at("exists")))
    tests, each = SubjectReader(subject).read(node, place, cased_of(node, place) or cased)
    if not each:
        return _some(tests, place)
    return DifferentParties(tuple((*one, *tests) for one in each))


class _PartySubject(Subject):
    """The keys of one party of a side."""

    def __init__(self, side: str) -> None:
        self.name = side
        self.keys = (*PARTY.attributes, *operators(Form.PARTY))

    def plain(self, node: Node, place: Place, cased: bool) -> Tests:
        return ((PARTY.main.name, _plain(node, place, cased, whole=False)),)

    def key(self, key: str, node: Node, place: Place, cased: bool) -> Tests:
        attribute = PARTY.attributes.get(key)
        if attribute is not None:
            return ((key, read_attribute(attribute, node, place, cased)),)
        if key in {"in", "not_in"}:
            return ((PARTY.main.name, _listed(node, place, cased, negated=key == "not_in")),)
        if key in {"is", "any"}:
            return ((PARTY.main.name, _plain(node, place, cased, whole=key == "is")),)
        return ((_NAME.name, read_operator(key, _NAME, node, place, cased)),)


def _plain(node: Node, place: Place, cased: bool, *, whole: bool, negated: bool = False) -> Predicate:
    """Values written in the rule; many rules with the same value share one object."""
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Scalar) and item.text in place.context.lists:
            place.warning(item, f"this is a name; to use the list {item.text!r} write in: {item.text}")
    key = ("parties", node.text, node.plain, cased, whole, negated) if isinstance(node, Scalar) else None
    known = place.context.cache.get(key) if key is not None else None
    if isinstance(known, Named):
        return known
    spelled = [(scalar.text, scalar.text, scalar) for scalar in scalars(node, place)]
    made = _named(spelled, place, cased, whole=whole, negated=negated)
    if key is not None:
        place.context.cache[key] = made
    return made


def _listed(node: Node, place: Place, cased: bool, *, negated: bool) -> Predicate:
    """Values of ``in`` and ``not_in``: from a named list or written in the rule."""
    if not isinstance(node, Scalar):
        return _plain(node, place, cased, whole=False, negated=negated)
    found = named_list(node, place)
    key = ("parties", found.name, cased, negated)
    cache = place.context.cache
    if key not in cache:
        spelled = [(spelling, entry.name, node) for entry in found.entries for spelling in entry.spellings]
        cache[key] = _named(spelled, place, cased, whole=False, negated=negated)
    return cast("Named", cache[key])


def _named(
    spelled: list[tuple[str, str, Scalar]], place: Place, cased: bool, *, whole: bool, negated: bool
) -> Predicate:
    """Each spelling is a country if it is the code or English name of one, else a name."""
    countries: dict[str | float, str] = {}
    phrases: dict[Phrase, str] = {}
    names: dict[str | float, str] = {}
    for spelling, name, node in spelled:
        code = country_code(spelling)
        if code is not None:
            countries.setdefault(code.lower(), name)
        elif whole:
            names.setdefault(fold_value(spelling, cased), name)
        else:
            try:
                phrases.setdefault(phrase(spelling, cased=cased), name)
            except ValueError as error:
                place.fail(node, f"{error} in {shown(spelling)}")
    said = Whole(names, cased=cased) if whole else Words(Terms(phrases, cased))
    return Named(Whole(countries), said, negated)


def _some(tests: Tests, place: Place) -> SomeParty:
    """The predicate with these tests; the same test objects give the same predicate object."""
    key = (SomeParty, tuple((attribute, id(predicate)) for attribute, predicate in tests))
    known = place.context.cache.get(key)
    if not isinstance(known, SomeParty):
        known = place.context.cache[key] = SomeParty(tests)
    return known
