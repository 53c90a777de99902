"""Articles of which no two are in conflict, chosen in order of event time: each that fits those before it.

What is chosen is a function of the set. It is kept up to date while articles come and go, so that each costs what
changes by it: an article that is not chosen hangs on one that hides it, and is looked at when that one goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Any

from detectors.conflicts import Conflicts, Key
from detectors.facts import Fact


class InOrder:
    """The facts taken, and which of them are chosen, by their order (``chosen``)."""

    __slots__ = ("_conflicts", "_hidden_by", "_hides", "_holders", "chosen")

    def __init__(self, conflicts: Conflicts) -> None:
        self._conflicts = conflicts
        self.chosen: dict[Any, Fact] = {}
        self._holders: dict[Key, Fact] = {}  # the one chosen of those of a key
        self._hides: dict[Any, dict[Any, Fact]] = {}  # by the order of one that is chosen
        self._hidden_by: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self.chosen) + len(self._hidden_by)

    def facts(self) -> list[Fact]:
        """All facts taken, in order."""
        return sorted((*self.chosen.values(), *(fact for hidden in self._hides.values() for fact in hidden.values())))

    def add(self, fact: Fact) -> None:
        """Take a fact that the conflicts know."""
        self._place([fact])

    def remove(self, fact: Fact) -> None:
        """Give a fact back."""
        if fact.order in self.chosen:
            self._place(self._give_up(fact).values())
        else:
            del self._hides[self._hidden_by.pop(fact.order)][fact.order]

    def _place(self, facts: Iterable[Fact]) -> None:
        """Choose or hide facts, and all those that this brings up, from the earliest on."""
        open_ = {fact.order: fact for fact in facts}
        orders = list(open_)
        heapify(orders)
        while orders:
            fact = open_.pop(heappop(orders), None)
            if fact is None:
                continue
            keys = self._conflicts.against(fact)
            holders = {holder.order: holder for holder in map(self._holders.get, keys) if holder is not None}
            first = min(holders, default=fact.order)
            if first < fact.order:
                self._hide(fact, first)
                continue
            for order, holder in holders.items():
                for brought_up in (holder, *self._give_up(holder).values()):
                    open_[brought_up.order] = brought_up
                    heappush(orders, brought_up.order)
            self._choose(fact)
            for key in keys:
                for order in open_.keys() & self._conflicts.members(key).keys():
                    self._hide(open_.pop(order), fact.order)

    def _choose(self, fact: Fact) -> None:
        self.chosen[fact.order] = fact
        self._hides[fact.order] = {}
        for key in self._conflicts.keys(fact):
            self._holders[key] = fact

    def _give_up(self, fact: Fact) -> dict[Any, Fact]:
        """Choose a fact no more; those that it hid."""
        del self.chosen[fact.order]
        for key in self._conflicts.keys(fact):
            del self._holders[key]
        hidden = self._hides.pop(fact.order)
        for order in hidden:
            del self._hidden_by[order]
        return hidden

    def _hide(self, fact: Fact, by: Any) -> None:
        self._hidden_by[fact.order] = by
        self._hides[by][fact.order] = fact
