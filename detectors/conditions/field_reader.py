"""Reads the condition on one field: plain values, operators, and attributes of the same value."""

from __future__ import annotations

from typing import NoReturn, TypeVar

import re2

from detectors.conditions.entries import listed_terms, listed_whole, scalars, terms, whole
from detectors.conditions.events import Different
from detectors.conditions.fields import NUMERIC, TEXTUAL, Attribute, Field, Form
from detectors.conditions.nodes import Condition, Every, Has, Lacks, Reads, Says, TextPart, TextPattern, TextWhole
from detectors.conditions.parties import Tests
from detectors.conditions.predicates import (
    Compare,
    Comparison,
    Each,
    Exists,
    Flag,
    Matches,
    Part,
    Predicate,
    Words,
    compiled,
)
from detectors.folding import fold_value
from detectors.reading.context import Place
from detectors.reading.macros import expanded
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence
from detectors.reading.problems import Wrong, nearest, shown
from detectors.reading.readers import Boolean, Duration, Number

TEXT_OPERATORS = (
    "is",
    "any",
    "all",
    "in",
    "not_in",
    "contains",
    "startswith",
    "endswith",
    "matches",
    "exists",
    "cased",
)
NUMBER_OPERATORS = ("is", "any", "gt", "gte", "lt", "lte", "exists")
BOOLEAN_OPERATORS = ("is", "exists")
ALL_OPERATORS = frozenset((*TEXT_OPERATORS, *NUMBER_OPERATORS))
_COMPARISONS: dict[str, Comparison] = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}
LONGEST_PATTERN = 5000
H = TypeVar("H", bound=Has)


def operators(form: Form) -> tuple[str, ...]:
    """The operators for values of a form."""
    if form is Form.BOOLEAN:
        return BOOLEAN_OPERATORS
    found = TEXT_OPERATORS if form in TEXTUAL else ()
    return tuple(dict.fromkeys((*found, *(NUMBER_OPERATORS if form in NUMERIC else ()))))


def read_field(field: Field, node: Node, place: Place) -> Condition:
    """The condition on one field of an article."""
    node, place = expanded(node, place)
    if isinstance(node, Scalar):  # thousands of rules with the same test share one object
        key = (field.name, node.text, node.plain)
        known = place.context.cache.get(key)
        if not isinstance(known, Condition):
            known = place.context.cache[key] = _plain_field(field, node, place)
        return known
    if not isinstance(node, Mapping):
        return _plain_field(field, node, place)
    if not node.pairs:
        place.fail(node, f"expected a condition on {field.name!r}, found an empty mapping")
    absent = node.get("exists")
    if absent is not None and not Boolean().read(absent, place.at("exists")):
        if len(node.pairs) > 1:
            place.fail(node, "'exists: false' allows no other keys: a missing value has none")
        return Reads(field.name, Exists(False)) if field.text else Lacks(field.name)
    return _read_text(field, node, place) if field.text else _read_values(field, node, place)


def _plain_field(field: Field, node: Node, place: Place) -> Condition:
    if field.text:
        return _plain_text(field, node, place, False)
    return Has(field.name, ((field.main.name, read_plain(field.main, node, place, False)),))


def cased_of(node: Mapping, place: Place) -> bool:
    """Whether ``cased: true`` is among the keys."""
    cased = node.get("cased")
    return cased is not None and Boolean().read(cased, place.at("cased"))


def _read_values(field: Field, node: Mapping, place: Place) -> Condition:
    tests, each = _value_tests(field, node, place, cased_of(node, place))
    if set(node.pairs) - {"cased"} == {"not_in"} and field.local:
        place.warning(
            node,
            f"an article meets this if any {field.name} is outside the list; "
            f"to exclude the list write not: {{{field.name}: {{in: ...}}}}",
        )
    if not each:
        return kept(Has, field, tests, place)
    conditions = tuple(kept(Has, field, (*one, *tests), place) for one in each)
    return Different(conditions) if field.name == "official" and len(conditions) > 1 else Every(conditions)


def _value_tests(field: Field, node: Mapping, place: Place, cased: bool) -> tuple[Tests, list[Tests]]:
    """The tests of one value, and those of ``all``: each of these may be met by a value of its own."""
    known = operators(field.main.form)
    tests: list[tuple[str, Predicate]] = []
    each: list[Tests] = []
    wrong = False
    for key, at, value in node.items():
        below = place.at(key)
        try:
            if key in field.attributes:
                tests.append((key, read_attribute(field.attributes[key], value, below, cased)))
            elif key in {"cased", "exists"} and key in known:
                continue
            elif key == "all" and key in known:
                each += [_one_of_all(field, item, below.at(n), cased) for n, item in enumerate(listed(value, below))]
            elif key in known:
                tests.append((field.main.name, read_operator(key, field.main, value, below, cased)))
            else:
                unknown_key(key, at, place, field.name, (*field.attributes, *known, "macro"))
        except Wrong:
            wrong = True
    if wrong:
        raise Wrong
    return tuple(tests), each


def _one_of_all(field: Field, node: Node, place: Place, cased: bool) -> Tests:
    """An item of ``all``: a plain value, or of an official the keys of one person."""
    node, place = expanded(node, place)
    if not isinstance(node, Mapping) or field.name != "official":
        return ((field.main.name, read_plain(field.main, node, place, cased)),)
    tests, each = _value_tests(field, node, place, cased_of(node, place) or cased)
    if each or not tests:
        place.fail(node, f"expected the keys of one {field.name}, found {', '.join(node.pairs) or 'none'}")
    return tests


def kept(of: type[H], field: Field, tests: Tests, place: Place) -> H:
    """The condition with these tests; the same test objects give the same condition object."""
    key = (of, field.name, tuple((attribute, id(predicate)) for attribute, predicate in tests))
    known = place.context.cache.get(key)
    if not isinstance(known, of):
        known = place.context.cache[key] = of(field.name, tests)
    return known


def unknown_key(key: str, at: Scalar, place: Place, what: str, known: tuple[str, ...]) -> NoReturn:
    """Report a key that the subject does not have, and raise Wrong."""
    if key in ALL_OPERATORS:
        place.fail(at, f"{what!r} has no operator {key!r}; expected one of {', '.join(known)}")
    near = nearest(key, known) or f"; expected one of {', '.join(known)}"
    place.fail(at, f"unknown key {shown(key)} of {what!r}{near}")


def listed(node: Node, place: Place) -> list[Node]:
    """The items of a list that must have some."""
    if not isinstance(node, Sequence):
        place.fail(node, f"expected a list, found {node.what}")
    if not node.items:
        place.fail(node, "expected values, found an empty list")
    return node.items


def read_attribute(attribute: Attribute, node: Node, place: Place, cased: bool) -> Predicate:
    """The predicate on one attribute of a value: a plain value, a list, or operators."""
    node, place = expanded(node, place)
    if not isinstance(node, Mapping):
        return read_plain(attribute, node, place, cased)
    if not node.pairs:
        place.fail(node, f"expected a condition on {attribute.name!r}, found an empty mapping")
    cased = cased_of(node, place) or cased
    known = operators(attribute.form)
    asked: list[Predicate] = []
    wrong = False
    for key, at, value in node.items():
        below = place.at(key)
        try:
            if key == "cased" and key in known:
                continue
            if key == "all" and key in known:
                asked += [read_plain(attribute, item, below, cased) for item in listed(value, below)]
            elif key in known:
                asked.append(read_operator(key, attribute, value, below, cased))
            else:
                unknown_key(key, at, place, attribute.name, known)
        except Wrong:
            wrong = True
    if wrong:
        raise Wrong
    return asked[0] if len(asked) == 1 else Each(tuple(asked))


def read_plain(attribute: Attribute, node: Node, place: Place, cased: bool) -> Predicate:
    """The predicate for a plain value, or a list of alternatives."""
    if isinstance(node, Scalar):
        key = (attribute, cased, node.text, node.plain)
        known = place.context.cache.get(key)
        if not isinstance(known, Predicate):
            known = place.context.cache[key] = _plain_value(attribute, node, place, cased)
        return known
    return _plain_value(attribute, node, place, cased)


def _plain_value(attribute: Attribute, node: Node, place: Place, cased: bool) -> Predicate:
    if not isinstance(node, Scalar | Sequence):
        place.fail(node, f"expected a value or a list of values, found {node.what}")
    if attribute.form is Form.WORDS:
        return Words(terms(node, place, cased))
    if attribute.form is Form.BOOLEAN:
        return Flag(Boolean().read(node, place))
    if attribute.form is Form.DURATION:
        return Compare("is", Duration(zero=True).read(node, place).total_seconds())
    return whole(node, place, attribute.form, cased)


def read_operator(key: str, attribute: Attribute, node: Node, place: Place, cased: bool) -> Predicate:
    """The predicate of an operator on one attribute."""
    form = attribute.form
    if key == "exists":
        return Exists(Boolean().read(node, place))
    if key in _COMPARISONS:
        if form is Form.DURATION:
            return Compare(_COMPARISONS[key], Duration(zero=True).read(node, place).total_seconds())
        return Compare(_COMPARISONS[key], Number().read(node, place))
    if key == "is":
        if form in {Form.BOOLEAN, Form.DURATION}:
            return read_plain(attribute, node, place, cased)
        return whole(node, place, Form.WHOLE if form is Form.WORDS else form, cased)
    if key in {"in", "not_in"}:
        if form is Form.WORDS:
            return Words(listed_terms(node, place, cased), negated=key == "not_in")
        return listed_whole(node, place, form, cased, key == "not_in")
    if key == "matches":
        return Matches(patterns(node, place))
    if key in {"startswith", "endswith"} or (key == "contains" and form is not Form.WORDS):
        return _part(key, node, place, cased)
    return read_plain(attribute, node, place, cased)  # 'any', and 'contains' in word fields


def _part(key: str, node: Node, place: Place, cased: bool) -> Part:
    parts = tuple(fold_value(scalar.text, cased) for scalar in scalars(node, place))
    if not all(parts):
        place.fail(node, "expected a text, found only white space")
    return Part("contains" if key == "contains" else "startswith" if key == "startswith" else "endswith", parts, cased)


def patterns(node: Node, place: Place) -> tuple[str, ...]:
    """RE2 patterns, each compiled once to check its syntax."""
    found = []
    for scalar in scalars(node, place):
        if len(scalar.text) > LONGEST_PATTERN:
            place.fail(scalar, f"expected a pattern of at most {LONGEST_PATTERN} characters, found {len(scalar.text)}")
        try:
            compiled(scalar.text)
        except re2.error as error:
            said = error.args[0] if error.args else error
            said = said.decode() if isinstance(said, bytes) else said
            place.fail(scalar, f"expected a pattern in RE2's syntax, found {shown(scalar.text)}: {said}")
        place.lint_text(scalar, scalar.text, "pattern")
        found.append(scalar.text)
    return tuple(found)


def _plain_text(field: Field, node: Node, place: Place, cased: bool) -> Condition:
    if not isinstance(node, Scalar | Sequence):
        place.fail(node, f"expected a phrase or a list of phrases, found {node.what}")
    return Says(field.name, terms(node, place, cased))


def _read_text(field: Field, node: Mapping, place: Place) -> Condition:
    cased = cased_of(node, place)
    asked: list[Condition] = []
    wrong = False
    for key, at, value in node.items():
        below = place.at(key)
        try:
            if key == "exists":
                asked.append(Reads(field.name, Exists(True)))
            elif key in {"any", "contains"}:
                asked.append(_plain_text(field, value, below, cased))
            elif key == "all":
                asked += [_plain_text(field, item, below, cased) for item in listed(value, below)]
            elif key in {"in", "not_in"}:
                asked.append(Says(field.name, listed_terms(value, below, cased), negated=key == "not_in"))
            elif key == "matches":
                asked.append(Reads(field.name, TextPattern(patterns(value, below))))
            elif key == "is":
                names = {fold_value(scalar.text, cased): scalar.text for scalar in scalars(value, below)}
                asked.append(Reads(field.name, TextWhole(names, cased)))
            elif key in {"startswith", "endswith"}:
                names_ = tuple(scalar.text for scalar in scalars(value, below))
                asked.append(Reads(field.name, TextPart(_part(key, value, below, cased), names_)))
            elif key != "cased":
                unknown_key(key, at, place, field.name, (*TEXT_OPERATORS, "macro"))
        except Wrong:
            wrong = True
    if wrong:
        raise Wrong
    if not asked:
        place.fail(node, f"expected a condition on {field.name!r} besides 'cased'")
    return asked[0] if len(asked) == 1 else Every(tuple(asked))
