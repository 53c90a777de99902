"""Articles without conflicts, chosen greedily in order of event time: each that fits the earlier ones.

The choice is a function of the set. It is updated incrementally as articles come and go, so that each costs only what
it changes: an article that is not chosen belongs to a bunch that a chosen one hides. When that one goes, the next
chosen takes over the bunch as a whole, except for the facts without a conflict with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from typing import Any

from detectors.counting.conflicts import Conflicts, Key
from detectors.counting.copies import slots_of
from detectors.facts.fact import Fact

_Reason = Key | None
"""Why a chosen fact hides others: they share this key with it, or None: they are copies of it."""


class _Bunch:
    """Facts that one chosen fact hides for one reason; an ``orphan`` if that fact is no longer chosen."""

    __slots__ = ("_queue", "facts", "mask", "orphan", "slots")

    def __init__(self) -> None:
        self.facts: dict[Any, Fact] = {}
        self.slots: dict[int, dict[Any, Fact]] = {}  # of copies
        self.mask = 0
        self.orphan = False
        self._queue: list[Any] = []  # a heap of orders; facts that left may remain in it

    def add(self, fact: Fact, slot: int | None) -> None:
        """Add a fact; ``slot`` if it is hidden as a copy."""
        self.facts[fact.order] = fact
        heappush(self._queue, fact.order)
        if slot is not None:
            self.slots.setdefault(slot, {})[fact.order] = fact
            self.mask |= 1 << slot

    def remove(self, order: Any, slot: int | None) -> Fact:
        """Remove a fact."""
        fact = self.facts.pop(order)
        if slot is not None:
            there = self.slots[slot]
            del there[order]
            if not there:
                del self.slots[slot]
                self.mask ^= 1 << slot
        if len(self._queue) > 2 * len(self.facts) + 8:
            self._queue = list(self.facts)
            heapify(self._queue)
        return fact

    def first(self) -> Any:
        """The order of its earliest fact."""
        while self._queue[0] not in self.facts:
            heappop(self._queue)
        return self._queue[0]


class InOrder:
    """A set of facts, and which of them are chosen."""

    __slots__ = ("_bunches", "_by_slot", "_chosen", "_conflicts", "_hidden", "_holders", "_open", "_orphans", "_slots")

    def __init__(self, conflicts: Conflicts) -> None:
        self._conflicts = conflicts
        self._open: dict[Any, Fact] = {}  # neither chosen nor hidden yet
        self._chosen: dict[Any, Fact] = {}
        self._holders: dict[Key, Fact] = {}  # the chosen fact for each key
        self._by_slot: dict[int, Fact] = {}  # the chosen fact for each fingerprint
        self._slots = 0  # fingerprints of the chosen facts
        self._bunches: dict[Any, dict[_Reason, _Bunch]] = {}  # by the order of a chosen fact: those that it hides
        self._hidden: dict[Any, tuple[_Reason, _Bunch]] = {}
        self._orphans: list[tuple[_Reason, _Bunch]] = []

    def __len__(self) -> int:
        return len(self._open) + len(self._chosen) + len(self._hidden)

    def __contains__(self, fact: Fact) -> bool:
        return fact.order in self._hidden or fact.order in self._chosen or fact.order in self._open

    def add(self, fact: Fact) -> None:
        """Add a fact that the conflicts know."""
        self._open[fact.order] = fact

    def remove(self, fact: Fact) -> None:
        """Remove a fact."""
        if fact.order in self._chosen:
            self._give_up(fact)
        elif self._open.pop(fact.order, None) is None:
            self._show(fact)

    def chosen(self) -> Mapping[Any, Fact]:
        """The chosen facts, by their order."""
        if self._open or self._orphans:
            self._place()
        return self._chosen

    def _place(self) -> None:
        """Choose or hide the open facts and all that this frees, from the earliest on."""
        orders = list(self._open)
        heapify(orders)
        led: dict[Any, _Bunch] = {}  # orphans by their earliest
        self._lead((bunch for _, bunch in self._orphans), led, orders)
        while orders:
            order = heappop(orders)
            fact, bunch = self._open.pop(order, None), led.pop(order, None)
            if fact is None and bunch is not None and bunch.orphan and order in bunch.facts:
                fact = self._show(bunch.facts[order])
            if fact is None:
                continue
            if not self._hidden_by_earlier(fact):
                before = len(self._orphans)
                brought_up = {holder.order: holder for _, holder in self._in_conflict(fact)}
                for holder in brought_up.values():
                    self._give_up(holder)
                self._lead((bunch for _, bunch in self._orphans[before:]), led, orders)
                self._choose(fact)
                brought_up.update(self._adopt(fact))
                self._open.update(brought_up)
                for later in brought_up:
                    heappush(orders, later)
            if bunch is not None:
                self._lead((bunch,), led, orders)
        self._orphans.clear()

    @staticmethod
    def _lead(bunches: Iterable[_Bunch], led: dict[Any, _Bunch], orders: list[Any]) -> None:
        """Queue the earliest fact of each orphan."""
        for bunch in bunches:
            if bunch.orphan and bunch.facts:
                led[bunch.first()] = bunch
                heappush(orders, bunch.first())

    def _in_conflict(self, fact: Fact) -> Iterator[tuple[_Reason, Fact]]:
        """The chosen facts that a fact is in conflict with, and why."""
        for key in self._conflicts.keys(fact):
            holder = self._holders.get(key)
            if holder is not None:
                yield key, holder
        for slot in slots_of(self._conflicts.near(fact) & self._slots):
            yield None, self._by_slot[slot]

    def _choose(self, fact: Fact) -> None:
        self._chosen[fact.order] = fact
        self._bunches[fact.order] = {}
        for key in self._conflicts.keys(fact):
            self._holders[key] = fact
        slot = self._conflicts.slot(fact)
        if slot is not None:
            self._by_slot[slot] = fact
            self._slots |= 1 << slot

    def _give_up(self, fact: Fact) -> None:
        """Unchoose a fact; the bunches that it hid become orphans."""
        del self._chosen[fact.order]
        for key in self._conflicts.keys(fact):
            del self._holders[key]
        slot = self._conflicts.slot(fact)
        if slot is not None:
            del self._by_slot[slot]
            self._slots ^= 1 << slot
        for reason, bunch in self._bunches.pop(fact.order).items():
            if bunch.facts:
                bunch.orphan = True
                self._orphans.append((reason, bunch))

    def _hidden_by_earlier(self, fact: Fact) -> bool:
        """Hide a fact if an earlier chosen one is in conflict with it (any will do); return whether one is."""
        for reason, holder in self._in_conflict(fact):
            if holder.order < fact.order:
                self._hide(fact, reason, holder)
                return True
        return False

    def _hide(self, fact: Fact, reason: _Reason, by: Fact) -> None:
        bunch = self._bunches[by.order].setdefault(reason, _Bunch())
        bunch.add(fact, self._conflicts.slot(fact) if reason is None else None)
        self._hidden[fact.order] = reason, bunch

    def _show(self, fact: Fact) -> Fact:
        """Unhide a fact."""
        reason, bunch = self._hidden.pop(fact.order)
        return bunch.remove(fact.order, self._conflicts.slot(fact) if reason is None else None)

    def _adopt(self, fact: Fact) -> dict[Any, Fact]:
        """Hide the orphans in conflict with a newly chosen fact; return the rest of their bunches."""
        keys, near = set(self._conflicts.keys(fact)), self._conflicts.near(fact)
        brought_up: dict[Any, Fact] = {}
        left: list[tuple[_Reason, _Bunch]] = []
        for reason, bunch in self._orphans:
            if reason not in keys if reason is not None else not bunch.mask & near:
                if bunch.facts:
                    left.append((reason, bunch))
                continue
            for slot in slots_of(bunch.mask & ~near):
                brought_up.update((order, self._show(other)) for order, other in [*bunch.slots[slot].items()])
            self._take_over(fact, reason, bunch)
        self._orphans = left
        return brought_up

    def _take_over(self, fact: Fact, reason: _Reason, bunch: _Bunch) -> None:
        bunches = self._bunches[fact.order]
        own = bunches.get(reason)
        if own is not None and len(own.facts) > len(bunch.facts):
            own, bunch = bunch, own
        bunch.orphan = False
        bunches[reason] = bunch
        for other in [*own.facts.values()] if own is not None else ():
            self._show(other)
            self._hide(other, reason, fact)
