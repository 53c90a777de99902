"""Predicates on one attribute of one value: whole value, phrase, part, pattern, number, presence."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal

import msgspec
import re2

from detectors.conditions.lexicon import Phrase, in_value
from detectors.conditions.values import Value, scalar_key
from detectors.folding import word_bounded
from detectors.visible import visible

Comparison = Literal["gt", "gte", "lt", "lte", "is"]
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "is": operator.eq,
}
FEW = 8
"""Up to this many phrases are searched for one by one; with more, each run of words is looked up."""


class Predicate(msgspec.Struct, frozen=True):
    """A test of one attribute."""

    def holds(self, value: Value, attribute: str) -> bool:
        """Whether this value's attribute meets it. An attribute without a value meets only ``exists: false``."""
        raise NotImplementedError


class Terms(msgspec.Struct, frozen=True, tag="Terms"):
    """Phrases to find as whole words, with the name of the entry that each spells."""

    names: dict[Phrase, str]
    cased: bool = False

    def found_in(self, folded: str) -> str | None:
        """The name of an entry that a short folded text contains, or None."""
        if len(self.names) <= FEW:
            for wanted, name in self.names.items():
                if in_value(wanted, folded):
                    return name
            return None
        for run, whole in runs(folded):
            if whole:
                name_of = self.names.get(Phrase(run, False, self.cased))
                if name_of is not None:
                    return name_of
            name_of = self.names.get(Phrase(run, True, self.cased))
            if name_of is not None:
                return name_of
        return None


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """Each substring of a short text that begins at a word start, and whether it also ends at a word end."""
    length = len(text)
    for start in range(length):
        if word_bounded(text, start, start + 1, prefix=True):
            for end in range(start + 1, length + 1):
                yield text[start:end], word_bounded(text, start, end)


class Words(Predicate, frozen=True, tag="Words"):
    """The attribute contains some entry as whole words; ``negated``: it has a value and contains none."""

    terms: Terms
    negated: bool = False

    def holds(self, value: Value, attribute: str) -> bool:
        spellings = value.spellings(attribute, self.terms.cased)
        if not spellings:
            return False
        return self.negated != any(self.terms.found_in(spelling) is not None for spelling in spellings)


class Whole(Predicate, frozen=True, tag="Whole"):
    """The attribute equals one of the values (folded, with entry names); numbers and booleans compare by value."""

    names: dict[str | float, str]
    negated: bool = False
    cased: bool = False

    def holds(self, value: Value, attribute: str) -> bool:
        given = value.attributes.get(attribute)
        if given is None:
            return False
        if isinstance(given, tuple):
            spellings = value.spellings(attribute, self.cased)
            return self.negated != any(spelling in self.names for spelling in spellings)
        return self.negated != (scalar_key(given) in self.names)


class Part(Predicate, frozen=True, tag="Part"):
    """The attribute contains, starts or ends with one of the texts."""

    how: Literal["contains", "startswith", "endswith"]
    parts: tuple[str, ...]
    cased: bool = False

    def holds(self, value: Value, attribute: str) -> bool:
        return any(self.in_text(spelling) for spelling in value.spellings(attribute, self.cased))

    def in_text(self, folded: str) -> bool:
        """Whether the folded text contains one of the parts at the required position."""
        if self.how == "contains":
            return any(part in folded for part in self.parts)
        return folded.startswith(self.parts) if self.how == "startswith" else folded.endswith(self.parts)


@lru_cache(maxsize=16_384)
def compiled(pattern: str) -> re2._Regexp[str]:
    """Compile a pattern with RE2, whose search time is linear in the text. Raises ``re2.error``."""
    options = re2.Options()
    options.max_mem = 8 << 20
    options.log_errors = False
    return re2.compile(pattern, options)


class Matches(Predicate, frozen=True, tag="Matches"):
    """One of the patterns matches somewhere in the visible text, its case and accents as they are."""

    patterns: tuple[str, ...]

    def holds(self, value: Value, attribute: str) -> bool:
        raw = value.attributes.get(attribute)
        if not isinstance(raw, tuple):
            return False
        texts = [visible(text) for text in raw]
        return any(compiled(pattern).search(text) is not None for pattern in self.patterns for text in texts)


class Compare(Predicate, frozen=True, tag="Compare"):
    """The number (seconds, for durations) compares with the bound as ``how`` says."""

    how: Comparison
    bound: float

    def holds(self, value: Value, attribute: str) -> bool:
        given = value.attributes.get(attribute)
        if given is None or isinstance(given, tuple | bool):
            return False
        return COMPARE[self.how](given, self.bound)


class Flag(Predicate, frozen=True, tag="Flag"):
    """The boolean has the wanted value."""

    wanted: bool

    def holds(self, value: Value, attribute: str) -> bool:
        return value.attributes.get(attribute) is self.wanted


class Exists(Predicate, frozen=True, tag="Exists"):
    """The attribute has a value, or has none."""

    wanted: bool

    def holds(self, value: Value, attribute: str) -> bool:
        return (value.attributes.get(attribute) is not None) == self.wanted


class Each(Predicate, frozen=True, tag="Each"):
    """The attribute meets all of the predicates."""

    predicates: tuple[Predicate, ...]

    def holds(self, value: Value, attribute: str) -> bool:
        return all(predicate.holds(value, attribute) for predicate in self.predicates)
