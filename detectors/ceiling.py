"""How many of linked articles can be chosen at most, known without trying: whether a choice in order was the best."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.facts import Fact
from detectors.signatures import Copies

MOST_PRINTS = 128
"""Different fingerprints that are held against each other; of more no more is known than their number."""


class Ceiling:
    """Groups that hold all articles, of each of which one can be chosen: there are no more than groups.

    Grouped twice, by name (article or, with ``once_each``, value of ``distinct``) and by likeness; the fewer count.
    """

    __slots__ = ("_alike", "_copies", "_names", "_once_each", "_prints", "_unlike")

    def __init__(self, facts: Iterable[Fact], *, once_each: bool) -> None:
        self._once_each = once_each
        self._names: set[tuple[str, bool]] = set()
        self._prints: set[str] = set()
        self._copies = Copies()
        self._alike: list[set[str]] = []
        self._unlike = 0
        for fact in facts:
            self.add(fact)

    def add(self, fact: Fact) -> None:
        """One more article."""
        valued = self._once_each and fact.distinct is not None
        self._names.add(((fact.distinct or "") if valued else fact.article_id, valued))
        if fact.fingerprint in self._prints:
            return
        if not fact.fingerprint or len(self._prints) >= MOST_PRINTS:
            self._unlike += 1
            return
        self._prints.add(fact.fingerprint)
        copies = set(self._copies.of(fact.fingerprint))
        self._copies.add(fact.fingerprint)
        group = next((group for group in self._alike if group <= copies), None)
        if group is None:
            self._alike.append({fact.fingerprint})
        else:
            group.add(fact.fingerprint)

    def number(self) -> int:
        """So many articles without a conflict there are at most."""
        return min(len(self._names), len(self._alike) + self._unlike)
