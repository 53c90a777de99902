"""Conditions in words: a short text of what a clause of an explanation requires."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.conditions.fields import EVENT, FIELDS
from detectors.conditions.nodes import Has, Reads, Says, TextPart, TextPattern, TextWhole
from detectors.conditions.parties import AnyOf, DifferentParties, Named, NoneOf, SomeParty, Tests
from detectors.conditions.predicates import Compare, Each, Exists, Flag, Matches, Part, Predicate, Terms, Whole, Words
from detectors.folding import fold_value
from detectors.reading.durations import format_duration

SHOWN = 4
"""Number of list entries to write out."""
_COMPARISONS = {"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most", "is": ""}
_PARTS = {"contains": "containing", "startswith": "beginning with", "endswith": "ending with"}


def listed(names: Iterable[object]) -> str:
    """The first few names, and how many more there are."""
    all_names = list(dict.fromkeys(map(str, names)))
    more = len(all_names) - SHOWN
    return " or ".join(all_names[:SHOWN]) + (f" or {more} more" if more > 0 else "") if all_names else "nothing"


def asked_of_value(condition: Has) -> str:
    """``class foreign_minister or diplomat, country USA``."""
    field = FIELDS.get(condition.field)
    return asked_of_tests(condition.tests, field.main.name if field else condition.field)


def asked_of_tests(tests: Tests, main: str) -> str:
    """The tests of one value; ``main`` is the attribute that needs no name."""
    parts = []
    for attribute, predicate in tests:
        said = asked(predicate, attribute)
        unnamed = attribute == main or isinstance(predicate, AnyOf | NoneOf)
        parts.append(said if unnamed else f"{attribute} {said}")
    return ", ".join(part for part in parts if part) or "any"


def _names_of(names: Whole | Words) -> Iterable[str]:
    return names.names.values() if isinstance(names, Whole) else names.terms.names.values()


def asked(predicate: Predicate, attribute: str) -> str:
    """What a predicate requires of an attribute, without the attribute's name."""
    if isinstance(predicate, Words):
        return _denied(predicate.negated) + listed(predicate.terms.names.values())
    if isinstance(predicate, Whole):
        return _denied(predicate.negated) + listed(predicate.names.values())
    if isinstance(predicate, Compare):
        return f"{_COMPARISONS[predicate.how]} {number(predicate.bound, attribute)}".strip()
    if isinstance(predicate, Flag):
        return "true" if predicate.wanted else "false"
    if isinstance(predicate, Exists):
        return "any" if predicate.wanted else "none"
    if isinstance(predicate, Part):
        return f"{_PARTS[predicate.how]} {listed(map(repr, predicate.parts))}"
    if isinstance(predicate, Matches):
        return f"matching {listed(predicate.patterns)}"
    if isinstance(predicate, Named):
        return _denied(predicate.negated) + listed((*predicate.countries.names.values(), *_names_of(predicate.names)))
    if isinstance(predicate, SomeParty):
        return asked_of_tests(predicate.tests, "party")
    if isinstance(predicate, DifferentParties):
        return " and another ".join(asked_of_tests(tests, "party") for tests in predicate.each)
    if isinstance(predicate, AnyOf | NoneOf):
        main = "type" if attribute == EVENT else "party"
        choices = " or ".join(asked_of_tests(tests, main) for tests in predicate.choices)
        return f"not {choices}" if isinstance(predicate, NoneOf) else choices
    if isinstance(predicate, Each):
        return " and ".join(asked(one, attribute) for one in predicate.predicates)
    return type(predicate).__name__.lower()


def _denied(negated: bool) -> str:
    return "other than " if negated else ""


def number(value: float, attribute: str) -> str:
    """A number as rules write it: ages are durations."""
    if attribute == "age":
        from datetime import timedelta

        sign = "-" if value < 0 else ""
        return sign + format_duration(timedelta(seconds=abs(value)))
    return f"{value:g}"


def asked_of_text(condition: Says | Reads) -> str:
    """``coup or state of emergency``; ``matching 'co[ui]p'``."""
    if isinstance(condition, Says):
        return ("none of " if condition.negated else "") + listed(entry_names(condition.terms))
    test = condition.test
    if isinstance(test, TextPattern):
        return f"matching {listed(test.patterns)}"
    if isinstance(test, TextWhole):
        return f"as a whole {listed(test.names.values())}"
    if isinstance(test, TextPart):
        return f"{_PARTS[test.part.how]} {listed(test.names)}"
    return "any" if test.wanted else "none"


def entry_names(terms: Terms) -> Iterable[str]:
    """The names of the entries, each once."""
    return dict.fromkeys(terms.names.values())


def words_of(text: str) -> list[str]:
    """The folded words of a text."""
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in fold_value(text)).split()
