"""From the texts of an article to the patterns that are found in them, many patterns in one pass.

RE2's sets read a text once for all of their patterns, some thirty times as fast as one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import re2

from detectors.conditions.nodes import original
from detectors.conditions.predicates import compiled
from detectors.conditions.view import ArticleView
from detectors.index.leaves import Need

TOGETHER = 64
"""Patterns of one set; the automaton of a larger one outgrows its memory and is built again and again."""
MEMORY, LEAST, MOST = 256 << 20, 1 << 20, 8 << 20
"""Bytes for the automata of all sets, and of one set at least and at most."""
ALWAYS = r"\A"
"""Found in every text: a set that does not report it ran out of memory, which RE2 does not say otherwise."""


class PatternIndex:
    """The leaves on patterns in ``text``, ``title`` and ``lead``."""

    __slots__ = ("_fields",)

    def __init__(self, leaves: Iterable[tuple[int, str, str]]) -> None:
        """Of (number, field, pattern)."""
        by_field: dict[str, list[tuple[str, int]]] = {}
        for number, field, pattern in leaves:
            by_field.setdefault(field, []).append((pattern, number))
        sets = sum(-(-len(found) // TOGETHER) for found in by_field.values())
        memory = max(LEAST, min(MOST, MEMORY // max(1, sets)))
        self._fields = {
            field: [_Patterns(found[at : at + TOGETHER], memory) for at in range(0, len(found), TOGETHER)]
            for field, found in by_field.items()
        }

    def met(self, view: ArticleView, into: set[Need]) -> None:
        """Add the leaves that the article meets."""
        for field, sets in self._fields.items():
            for stretch in view.whole.text(field):
                text = original(view.whole, stretch).encode()
                for one in sets:
                    into.update(one.found(text))


class _Patterns:
    """Some patterns with their numbers, as one automaton where that can be."""

    __slots__ = ("_numbers", "_patterns", "_set")

    def __init__(self, patterns: Sequence[tuple[str, int]], memory: int) -> None:
        self._patterns = [pattern for pattern, _ in patterns]
        self._numbers = [number for _, number in patterns]
        self._set: re2.Set | None = _compiled((ALWAYS, *self._patterns), memory)

    def found(self, text: bytes) -> Iterable[int]:
        """The numbers of those found in a text (UTF-8)."""
        places: Sequence[int] | None = self._set.Match(text) if self._set is not None else None
        if places and 0 in places:
            return [self._numbers[place - 1] for place in places if place]
        whole = text.decode()
        return [
            number
            for pattern, number in zip(self._patterns, self._numbers, strict=True)
            if compiled(pattern).search(whole) is not None
        ]


def _compiled(patterns: Iterable[str], memory: int) -> re2.Set | None:
    """A set of patterns; None where they do not fit into so many bytes."""
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    made = re2.Set.SearchSet(options)
    try:
        for pattern in patterns:
            made.Add(pattern)
        made.Compile()
    except re2.error:
        return None
    return made
