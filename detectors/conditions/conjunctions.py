"""Find which of many sets of needs are fully met, without visiting the sets that cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from itertools import chain
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)
W = TypeVar("W")
OPENING = 8


class Conjunctions(Generic[N, W]):
    """Entries, each with a set of needs. Used for words of phrases, tests of values and conditions of rules.

    Each entry is indexed by the two of its needs that are cheapest to look up, and visited only if both are present.
    The time is that of intersecting small sets plus one visit for each entry with both needs present. ``likely``
    estimates how often a need is present, from 0 to 1.
    """

    __slots__ = ("_always", "_pairs", "_single")

    def __init__(
        self, entries: Iterable[tuple[frozenset[N], W]], likely: Callable[[N], float] = lambda _need: 0
    ) -> None:
        known = list(entries)
        used = Counter(chain.from_iterable(needs for needs, _ in known))

        def cost(need: N) -> float:
            """Needs common among entries are assumed common in articles; opening a set costs as much as entries."""
            return max(likely(need), used[need] / len(known)) * (1 + OPENING / used[need])

        rests: dict[tuple[N, ...], tuple[N, ...]] = {}
        self._always: list[W] = []
        self._single: dict[N, list[W]] = {}
        self._pairs: dict[N, dict[N, list[tuple[tuple[N, ...], W]]]] = {}
        for needs, what in known:
            if not needs:
                self._always.append(what)
                continue
            first, *more = sorted(needs, key=cost)
            if not more:
                self._single.setdefault(first, []).append(what)
                continue
            rest = tuple(more[1:])
            entry = (rests.setdefault(rest, rest), what)
            self._pairs.setdefault(first, {}).setdefault(more[0], []).append(entry)

    def __bool__(self) -> bool:
        return bool(self._always or self._single or self._pairs)

    def met(self, present: set[N]) -> list[W]:
        """The entries whose needs are all present, in no particular order."""
        found = self._always.copy()
        single = self._single
        for need in single.keys() & present:
            found += single[need]
        pairs = self._pairs
        for first in pairs.keys() & present:
            seconds = pairs[first]
            for second in seconds.keys() & present:
                found += [what for rest, what in seconds[second] if present.issuperset(rest)]
        return found
