"""Which articles of a window are in conflict: versions of one article, copies, and perhaps those of one source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detectors.counting.copies import Copies
from detectors.facts.fact import Fact

Key = tuple[str, str]
"""What articles have in common (``id``, ``print`` or ``same``), and its value: those of one key are all in conflict."""

_NOBODY: Mapping[Any, Fact] = {}


class Conflicts:
    """The facts of a window by their keys. With ``once_each`` those of one value of ``distinct`` are in conflict.

    ``copies`` knows their fingerprints, and perhaps others.
    """

    __slots__ = ("_by_key", "_copies", "_once_each")

    def __init__(self, copies: Copies, *, once_each: bool) -> None:
        self._once_each = once_each
        self._copies = copies
        self._by_key: dict[Key, dict[Any, Fact]] = {}

    def add(self, fact: Fact) -> None:
        """One more fact."""
        for key in self.keys(fact):
            self._by_key.setdefault(key, {})[fact.order] = fact

    def remove(self, fact: Fact) -> None:
        """One less."""
        for key in self.keys(fact):
            there = self._by_key[key]
            del there[fact.order]
            if not there:
                del self._by_key[key]

    def keys(self, fact: Fact) -> list[Key]:
        """The keys of a fact."""
        keys = [("id", fact.article_id)]
        if fact.fingerprint:
            keys.append(("print", fact.fingerprint))
        if self._once_each and fact.distinct is not None:
            keys.append(("same", fact.distinct))
        return keys

    def against(self, fact: Fact) -> list[Key]:
        """The keys of all that a fact is in conflict with: its own, and the fingerprints that are copies of its."""
        keys = self.keys(fact)
        if fact.fingerprint:
            keys += [("print", copy) for copy in self._copies.of(fact.fingerprint) if copy != fact.fingerprint]
        return keys

    def members(self, key: Key) -> Mapping[Any, Fact]:
        """The facts of one key, by their order."""
        return self._by_key.get(key, _NOBODY)
