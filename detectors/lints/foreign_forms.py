"""Values in a form that articles never have: addresses as sources, stars, names of no language, offices as names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from detectors.conditions.nodes import Condition, Has
from detectors.conditions.predicates import Each, Predicate, Terms, Whole, Words
from detectors.languages import language_code
from detectors.lints.registry import of_condition
from detectors.reading.problems import shown
from detectors.vocabulary import country_code

MOST = 1000
"""Limit on the values of one test to look at: a list of many thousands is a list file of somebody's own."""
_OFFICE = re.compile(
    r"(?i)(?:(?:deputy|vice|acting|former|prime|first|foreign|defen[cs]e|interior)[ -])*"
    r"(?:president|premier|minister|king|queen|ambassador|governor|speaker|chancellor|chairman) of (?:the )?(.+)"
)


@of_condition
def whole_values(condition: Condition) -> Iterator[str]:
    """A value that is compared as a whole, and that no article can have."""
    if not isinstance(condition, Has):
        return
    for attribute, predicate in condition.tests:
        for one in predicate.predicates if isinstance(predicate, Each) else (predicate,):
            if isinstance(one, Whole) and not one.negated:
                for value in islice(dict.fromkeys(one.names.values()), MOST):
                    yield from _of_value(condition.field, str(value))
            if (condition.field, attribute) == ("official", "name"):
                yield from _of_offices(one)


def _of_value(field: str, value: str) -> Iterator[str]:
    if field == "source":
        if "://" in value or ("/" in value and "." in value.partition("/")[0]):
            host = urlsplit(value if "://" in value else f"//{value}").hostname or ""
            yield f"a source is an outlet, not an address: write {host.removeprefix('www.') or 'its name'}"
        elif "*" in value:
            yield from _star(field, value)
    elif field == "url":
        if "*" in value:
            yield from _star(field, value)
        elif "://" not in value:
            yield f"an address is compared as a whole, with https://: write contains: {value}"
    elif field == "language":
        code = language_code(value)
        if code is None or len(code) > 3:
            yield f"{shown(value)} is no language: expected a code of ISO 639-1 such as en, or an English name"


def _star(field: str, value: str) -> Iterator[str]:
    rest = value.strip("*")
    how = "contains" if value[0] == value[-1] == "*" else "endswith" if value[0] == "*" else "startswith"
    remedy = f"write {how}: {rest}" if "*" not in rest else "write matches:"
    yield f"{field} is compared as a whole, and a * stands for itself: {remedy}"


def _of_offices(predicate: Predicate) -> Iterator[str]:
    terms: Terms | None = predicate.terms if isinstance(predicate, Words) else None
    for name in islice(dict.fromkeys(terms.names.values()), MOST) if terms is not None else ():
        found = _OFFICE.fullmatch(name)
        code = country_code(found[1]) if found is not None else None
        if code is not None:
            yield f"{shown(name)} is an office, not a person's name: write official: {{role: ..., country: {code}}}"
