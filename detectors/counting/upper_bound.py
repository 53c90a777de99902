"""An upper bound of the linked articles that can be chosen, without trying: it proves a choice in order optimal."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.counting.copies import Copies
from detectors.facts.fact import Fact

MOST_PRINTS = 128
"""Limit on the different fingerprints compared with each other; further ones are only counted."""


def ceiling(facts: Iterable[Fact], *, once_each: bool) -> int:
    """The maximum number of articles without a conflict.

    Partition the articles into groups of which one article each can be chosen: the number of groups is an upper bound.
    Done twice, by name (article or, with ``once_each``, value of ``distinct``) and by similarity; the smaller one wins.
    """
    names: set[tuple[str, bool]] = set()
    prints: set[str] = set()
    copies = Copies()
    alike: list[set[str]] = []
    unlike = 0
    for fact in facts:
        valued = once_each and fact.distinct is not None
        names.add(((fact.distinct or "") if valued else fact.article_id, valued))
        if fact.fingerprint in prints:
            continue
        if not fact.fingerprint or len(prints) >= MOST_PRINTS:
            unlike += 1
            continue
        prints.add(fact.fingerprint)
        copies.add(fact.fingerprint)
        same = set(copies.of(fact.fingerprint))
        group = next((group for group in alike if group <= same), None)
        if group is None:
            alike.append({fact.fingerprint})
        else:
            group.add(fact.fingerprint)
    return min(len(names), len(alike) + unlike)
