"""Stories: the most articles that can be chosen so that no two of them are in conflict (copies, or of one source)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from detectors.copies import are_copies
from detectors.facts import Fact

MOST_LINKED = 32
"""Linked articles of which the most are chosen exactly; of more, in order of event time, each that fits."""


class Telling(msgspec.Struct, frozen=True):
    """One version of an article. Of the versions of an article at most one is chosen, so that a further version never
    makes fewer stories of what was counted."""

    fact: Fact

    @property
    def first(self) -> Fact:
        return self.fact


def tellings(facts: Iterable[Fact]) -> list[Telling]:
    """What facts tell, in their order."""
    return [Telling(fact) for fact in facts]


def copies(one: Telling, other: Telling) -> bool:
    """Whether two are copies of each other, or versions of one article."""
    a, b = one.fact, other.fact
    return a.article_id == b.article_id or are_copies(a.fingerprint, b.fingerprint)


def copies_or_same(one: Telling, other: Telling) -> bool:
    """Whether two are copies, or have the same value of ``distinct``."""
    return (one.fact.distinct is not None and one.fact.distinct == other.fact.distinct) or copies(one, other)


def chosen(articles: Sequence[Telling], conflict: Callable[[Telling, Telling], bool]) -> list[Telling]:
    """The most articles of which no two are in conflict, in order of event time."""
    neighbours: list[set[int]] = [set() for _ in articles]
    for i, one in enumerate(articles):
        for j in range(i):
            if conflict(one, articles[j]):
                neighbours[i].add(j)
                neighbours[j].add(i)
    picked: list[int] = []
    for circle in _linked(neighbours):
        picked += _most(circle, neighbours) if len(circle) <= MOST_LINKED else _in_order(circle, neighbours)
    return [articles[i] for i in sorted(picked)]


def _linked(neighbours: list[set[int]]) -> Iterable[list[int]]:
    """Circles of articles linked by conflicts, each in order."""
    left = set(range(len(neighbours)))
    while left:
        circle = {left.pop()}
        front = list(circle)
        while front:
            new = neighbours[front.pop()] & left
            left -= new
            circle |= new
            front += new
        yield sorted(circle)


def _in_order(circle: list[int], neighbours: list[set[int]]) -> list[int]:
    picked: set[int] = set()
    for i in circle:
        if neighbours[i].isdisjoint(picked):
            picked.add(i)
    return sorted(picked)


def _most(circle: list[int], neighbours: list[set[int]]) -> list[int]:
    """An exact maximum independent set, by branching on the article with the most conflicts."""
    if not circle:
        return []
    left = set(circle)
    busiest = max(circle, key=lambda i: (len(neighbours[i] & left), -i))
    degree = len(neighbours[busiest] & left)
    if degree == 0:
        return circle
    if degree == len(circle) - 1 and all(len(neighbours[i] & left) == degree for i in circle):
        return circle[:1]  # all are copies of each other
    if degree <= 2:
        return _paths_and_rings(left, neighbours)
    without = _most([i for i in circle if i != busiest], neighbours)
    with_it = [busiest, *_most([i for i in circle if i != busiest and i not in neighbours[busiest]], neighbours)]
    return with_it if len(with_it) >= len(without) else without


def _paths_and_rings(left: set[int], neighbours: list[set[int]]) -> list[int]:
    """The exact answer where no article has more than two conflicts: taking an end of a path is never worse."""
    picked = []
    left = set(left)
    while left:
        first = min(left, key=lambda i: (len(neighbours[i] & left), i))
        picked.append(first)
        left -= neighbours[first] | {first}
    return picked
