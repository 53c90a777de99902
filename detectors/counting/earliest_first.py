"""Articles without conflicts, chosen greedily in order of event time: each that fits the earlier ones.

The choice is a function of the set. It is updated incrementally as articles come and go, so that each costs only what
it changes: an article that is not chosen is linked to a chosen one that hides it, and considered again when that goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from typing import Any

from detectors.counting.conflicts import Conflicts, Key
from detectors.facts.fact import Fact


class InOrder:
    """A set of facts, and which of them are chosen."""

    __slots__ = ("_chosen", "_conflicts", "_hidden_by", "_hides", "_holders", "_open")

    def __init__(self, conflicts: Conflicts) -> None:
        self._conflicts = conflicts
        self._open: dict[Any, Fact] = {}  # neither chosen nor hidden yet
        self._chosen: dict[Any, Fact] = {}
        self._holders: dict[Key, Fact] = {}  # the chosen fact for each key
        self._hides: dict[Any, dict[Any, Fact]] = {}  # by the order of a chosen fact: those that it hides
        self._hidden_by: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self._open) + len(self._chosen) + len(self._hidden_by)

    def __contains__(self, fact: Fact) -> bool:
        return fact.order in self._hidden_by or fact.order in self._chosen or fact.order in self._open

    def facts(self) -> list[Fact]:
        """All facts of the set, in order."""
        hidden = (fact for those in self._hides.values() for fact in those.values())
        return sorted((*self._open.values(), *self._chosen.values(), *hidden))

    def add(self, fact: Fact) -> None:
        """Add a fact that the conflicts know."""
        self._open[fact.order] = fact

    def remove(self, fact: Fact) -> None:
        """Remove a fact."""
        if fact.order in self._chosen:
            self._open.update(self._give_up(fact))
        elif self._open.pop(fact.order, None) is None:
            del self._hides[self._hidden_by.pop(fact.order)][fact.order]

    def chosen(self) -> Mapping[Any, Fact]:
        """The chosen facts, by their order."""
        if self._open:
            self._place()
        return self._chosen

    def _place(self) -> None:
        """Choose or hide the open facts and all that this frees, from the earliest on."""
        orders = list(self._open)
        heapify(orders)
        while orders:
            fact = self._open.pop(heappop(orders), None)
            if fact is None:
                continue
            keys = self._conflicts.against(fact)
            holders = {holder.order: holder for holder in map(self._holders.get, keys) if holder is not None}
            first = min(holders, default=fact.order)
            if first < fact.order:
                self._hide(fact, first)
                continue
            for order, holder in holders.items():
                brought_up = {order: holder, **self._give_up(holder)}
                self._open.update(brought_up)
                for later in brought_up:
                    heappush(orders, later)
            self._choose(fact)
            for key in keys:
                for order in self._open.keys() & self._conflicts.members(key).keys():
                    self._hide(self._open.pop(order), fact.order)

    def _choose(self, fact: Fact) -> None:
        self._chosen[fact.order] = fact
        self._hides[fact.order] = {}
        for key in self._conflicts.keys(fact):
            self._holders[key] = fact

    def _give_up(self, fact: Fact) -> dict[Any, Fact]:
        """Unchoose a fact; return those that it hid."""
        del self._chosen[fact.order]
        for key in self._conflicts.keys(fact):
            del self._holders[key]
        hidden = self._hides.pop(fact.order)
        for order in hidden:
            del self._hidden_by[order]
        return hidden

    def _hide(self, fact: Fact, by: Any) -> None:
        self._hidden_by[fact.order] = by
        self._hides[by][fact.order] = fact
