"""Which articles of a window are in conflict: versions of one article, copies, and perhaps those of one source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from detectors.counting.copies import Copies, slots_of
from detectors.facts.fact import Fact

Key = tuple[str, str]
"""What articles have in common (``id`` or ``same``), and its value: those of one key are all in conflict."""

_NOBODY: Mapping[Any, Fact] = {}


class Conflicts:
    """The facts of a window by their keys and by the slots of their fingerprints.

    With ``once_each`` those of one value of ``distinct`` are in conflict. ``copies`` knows their fingerprints, and
    perhaps others; sets of slots are masks, as there.
    """

    __slots__ = ("_by_key", "_by_slot", "_copies", "_once_each", "_present")

    def __init__(self, copies: Copies, *, once_each: bool) -> None:
        self._once_each = once_each
        self._copies = copies
        self._by_key: dict[Key, dict[Any, Fact]] = {}
        self._by_slot: dict[int, dict[Any, Fact]] = {}
        self._present = 0

    def add(self, fact: Fact) -> None:
        """One more fact."""
        for key in self.keys(fact):
            self._by_key.setdefault(key, {})[fact.order] = fact
        slot = self.slot(fact)
        if slot is not None:
            self._by_slot.setdefault(slot, {})[fact.order] = fact
            self._present |= 1 << slot

    def remove(self, fact: Fact) -> None:
        """One less."""
        for key in self.keys(fact):
            there = self._by_key[key]
            del there[fact.order]
            if not there:
                del self._by_key[key]
        slot = self.slot(fact)
        if slot is not None:
            there = self._by_slot[slot]
            del there[fact.order]
            if not there:
                del self._by_slot[slot]
                self._present ^= 1 << slot

    def keys(self, fact: Fact) -> list[Key]:
        """The keys of a fact, the one that most others share last."""
        keys = [("id", fact.article_id)]
        if self._once_each and fact.distinct is not None:
            keys.append(("same", fact.distinct))
        return keys

    def slot(self, fact: Fact) -> int | None:
        """The slot of its fingerprint; None for a fact without one."""
        return self._copies.slot(fact.fingerprint) if fact.fingerprint else None

    def clique(self, fact: Fact) -> int | None:
        """The clique of its fingerprint; None for a fact without one."""
        return self._copies.clique(fact.fingerprint) if fact.fingerprint else None

    def near(self, fact: Fact) -> int:
        """The slots here that are copies of a fact, its own included where it is here."""
        slot = self.slot(fact)
        return 0 if slot is None else self._copies.near(slot) & self._present

    def members(self, key: Key) -> Mapping[Any, Fact]:
        """The facts of one key, by their order."""
        return self._by_key.get(key, _NOBODY)

    def of_slot(self, slot: int) -> Mapping[Any, Fact]:
        """The facts of one fingerprint, by their order."""
        return self._by_slot.get(slot, _NOBODY)

    def against(self, fact: Fact) -> Iterator[Mapping[Any, Fact]]:
        """All that a fact is in conflict with, itself included; some may come twice."""
        for key in self.keys(fact):
            yield self.members(key)
        for slot in slots_of(self.near(fact)):
            yield self.of_slot(slot)
