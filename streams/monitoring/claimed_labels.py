"""Label values that articles claim, such as their outlet: a bounded number, the most frequent ones.

After the Space-Saving algorithm (Metwally, Agrawal, El Abbadi: Efficient computation of frequent and top-k elements in
data streams, ICDT 2005): a bounded number of counts, of which a new value takes over the smallest. However many values
are invented, one with a larger share of the articles than one in ``CANDIDATES * most`` keeps its count, and gets a
label.
"""

from __future__ import annotations

from collections.abc import Callable

#: Longest label value (characters).
MAX_LABEL = 100
#: Counts kept for each label: the values that may get one.
CANDIDATES = 4
#: A value takes over a label once it is this many times as frequent: two alike would take turns otherwise.
MARGIN = 2
#: Counts are halved after this many articles, so that what is no longer heard of makes room.
HALVED_AFTER = 10_000

UNKNOWN = "unknown"
OTHER = "other"


class ClaimedLabels:
    """Labels for the ``most`` most frequent values, and "other" for the rest.

    A counter's series of a value that loses its label ends: its count never moves to another series, which would look
    like new articles. If the value comes back, its series begins at 0, which Prometheus reads as a restart.

    Args:
        ended: called with the label that another value takes over.
    """

    def __init__(self, most: int, ended: Callable[[str], None]) -> None:
        self._most = most
        self._ended = ended
        self._labelled: dict[str, int] = {}
        self._candidates: dict[str, int] = {}
        self._inherited: dict[str, int] = {}
        self._seen = 0

    def label(self, claimed: str | None) -> str:
        """Count an article with this value; return its label, "unknown" if there is no value."""
        if not claimed:
            return UNKNOWN
        value = claimed[:MAX_LABEL]
        if value in {UNKNOWN, OTHER}:
            return value
        self._seen += 1
        if self._seen % HALVED_AFTER == 0:
            self._halve()
        if value in self._labelled:
            self._labelled[value] += 1
            return value
        if len(self._labelled) < self._most:
            self._labelled[value] = 1
            return value
        return value if self._takes_over(value, self._count(value)) else OTHER

    def _count(self, value: str) -> int:
        """Count a value without a label; return how many articles it surely had."""
        if value not in self._candidates:
            inherited = 0
            if len(self._candidates) >= CANDIDATES * self._most:
                smallest = min(self._candidates, key=self._candidates.__getitem__)
                inherited = self._candidates.pop(smallest)
                self._inherited.pop(smallest, None)
            self._candidates[value] = inherited
            self._inherited[value] = inherited
        self._candidates[value] += 1
        return self._candidates[value] - self._inherited[value]

    def _takes_over(self, value: str, count: int) -> bool:
        """Give the label of the least frequent value to ``value`` if that is clearly more frequent."""
        if count < MARGIN:
            return False
        least = min(self._labelled, key=self._labelled.__getitem__)
        if count < MARGIN * self._labelled[least]:
            return False
        del self._labelled[least]
        self._ended(least)
        del self._candidates[value], self._inherited[value]
        self._labelled[value] = count
        return True

    def _halve(self) -> None:
        for counts in (self._labelled, self._candidates, self._inherited):
            for value in counts:
                counts[value] //= 2
