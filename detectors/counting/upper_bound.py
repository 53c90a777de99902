"""How many of linked articles can be chosen at most, known without trying: whether a choice in order was the best."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.counting.copies import Copies
from detectors.facts.fact import Fact

MOST_PRINTS = 128
"""Different fingerprints that are held against each other; of more no more is known than their number."""


def ceiling(facts: Iterable[Fact], *, once_each: bool) -> int:
    """So many articles without a conflict there are at most.

    Groups that hold all articles, of each of which one can be chosen: there are no more than groups. Grouped twice, by
    name (article or, with ``once_each``, value of ``distinct``) and by likeness; the fewer count.
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
