"""The sentences of an article in a row, or its runs of three, and what lies in each: found in one pass over the spans.

Asking each scene for its values would take sentences times mentions; here a span finds its scenes by bisection.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from detectors.conditions.lexicon import Phrase
from detectors.conditions.values import Value
from detectors.model.article import Part, Span

if TYPE_CHECKING:
    from detectors.conditions.view import ArticleView, Stretch

Met = list[tuple[Value, tuple[Span, ...]]]
"""Values that meet a condition in one scene, in text order, each with its spans there."""


class _Stretches:
    """The stretches of one part in order of their starts, with their numbers in the row."""

    __slots__ = ("_ends", "_numbers", "_reach", "_starts")

    def __init__(self, numbered: list[tuple[int, int, int]]) -> None:
        """Of (start, end, number)."""
        numbered.sort()
        self._starts = [start for start, _, _ in numbered]
        self._ends = [end for _, end, _ in numbered]
        self._numbers = [number for _, _, number in numbered]
        self._reach = list(accumulate(self._ends, max))  # rises even where one stretch lies within another

    def overlapping(self, span: Span) -> list[int]:
        """The numbers of the stretches that share a letter with a span."""
        low, high = bisect_right(self._reach, span.start), bisect_left(self._starts, span.end)
        return [self._numbers[at] for at in range(low, high) if self._ends[at] > span.start]

    def around(self, span: Span) -> list[int]:
        """The numbers of the stretches that hold all of a span."""
        low, high = bisect_left(self._reach, span.end), bisect_right(self._starts, span.start)
        return [self._numbers[at] for at in range(low, high) if self._ends[at] >= span.end]


class SceneRow:
    """Stretches of one article, each a scene; what was found is kept for all conditions that ask for it."""

    __slots__ = ("_met", "_number", "_parts", "_phrases", "_values", "_view")

    def __init__(self, view: ArticleView, stretches: Sequence[Stretch]) -> None:
        self._view = view
        self._number = len(stretches)
        by_part: dict[Part, list[tuple[int, int, int]]] = {}
        for number, (part, start, end) in enumerate(stretches):
            by_part.setdefault(part, []).append((start, end, number))
        self._parts = {part: _Stretches(numbered) for part, numbered in by_part.items()}
        self._values: dict[str, Mapping[int, Met]] = {}
        self._met: dict[int, tuple[Any, Mapping[int, Met]]] = {}
        self._phrases: dict[int, tuple[Any, Mapping[int, dict[Phrase, list[Span]]]]] = {}

    def values(self, field: str) -> Mapping[int, Met]:
        """By the number of a scene: the values of a field with a mention there."""
        values = self._values.get(field)
        if values is None:
            values = self._values[field] = self._placed(self._view.values(field))
        return values

    def met(self, condition: object, field: str, meets: Callable[[Value], bool]) -> Mapping[int, Met]:
        """By the number of a scene: the values of a field that meet a condition, asked of each value once."""
        known = self._met.get(id(condition))
        if known is None:
            values = self._view.values(field)
            self._view.work.charge(len(values))
            placed = self._placed(value for value in values if meets(value))
            known = self._met[id(condition)] = condition, placed  # holds the condition, so that its id stays its own
        return known[1]

    def phrases(self, wanted: Mapping[Phrase, str]) -> Mapping[int, dict[Phrase, list[Span]]]:
        """By the number of a scene: the phrases that lie in it, with their places."""
        known = self._phrases.get(id(wanted))
        if known is None:
            found: dict[int, dict[Phrase, list[Span]]] = {}
            for phrase in self._view.possible(wanted):
                spans = self._view.places(phrase)
                self._view.work.charge(len(spans))
                for span in spans:
                    stretches = self._parts.get(span.in_)
                    for number in stretches.around(span) if stretches is not None else ():
                        found.setdefault(number, {}).setdefault(phrase, []).append(span)
            known = self._phrases[id(wanted)] = wanted, found
        return known[1]

    def _placed(self, values: Iterable[Value]) -> Mapping[int, Met]:
        """By the number of a scene: the values there. One that has no place at all lies everywhere."""
        found: dict[int, Met] = {}
        charge = self._view.work.charge
        for value in values:
            if not value.spans:
                charge(self._number)
                for number in range(self._number):
                    found.setdefault(number, []).append((value, ()))
                continue
            charge(len(value.spans))
            spans_of: dict[int, list[Span]] = {}
            for span in value.spans:
                stretches = self._parts.get(span.in_)
                numbers = stretches.overlapping(span) if stretches is not None else ()
                for number in numbers:
                    spans_of.setdefault(number, []).append(span)
                if len(numbers) > 1:
                    charge(len(numbers))
            for number, spans in spans_of.items():
                found.setdefault(number, []).append((value, tuple(spans)))
        return found
