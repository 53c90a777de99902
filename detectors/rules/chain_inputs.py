"""Which alerts a chain reads: those of rules by name or by tag; and that no chain reads its own."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from datetime import timedelta
from graphlib import TopologicalSorter
from typing import Any, ClassVar

import msgspec

from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Node
from detectors.reading.readers import JsonSchema, ListOf, Reader, Word, read_keys
from detectors.rules.rule import Rule


class ChainInput(msgspec.Struct, frozen=True, tag="Heard"):
    """Rules by name, and all that have one of the tags."""

    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def includes(self, rule: Rule) -> bool:
        """Whether it includes the rule's alerts."""
        return rule.name in self.rules or not set(self.tags).isdisjoint(rule.tags)


class ChainInputReader(Reader[ChainInput]):
    """``{rules: [NAMES], tags: [TAGS]}``, one of them at least."""

    _READERS: ClassVar[dict[str, Reader[Any]]] = {
        "rules": ListOf(Word("a rule's name", longest=200), one=True, least=1),
        "tags": ListOf(Word("a tag", longest=200), one=True, least=1),
    }

    def read(self, node: Node, place: Place) -> ChainInput:
        if not isinstance(node, Mapping):
            place.fail(node, f"expected alerts such as {{rules: [NAME], tags: [TAG]}}, found {node.what}")
        if not node.pairs:
            place.fail(node, "expected the names or tags of rules, found an empty mapping")
        return ChainInput(**read_keys(node, place, self._READERS, frozenset()))

    def schema(self) -> JsonSchema:
        properties = {key: reader.schema() for key, reader in self._READERS.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}


def circle(rule: Rule, rules: MappingABC[str, Rule]) -> tuple[str, ...]:
    """The shortest way from a chain over the chains that it hears back to itself; empty where there is none."""
    chains = {name: other for name, other in rules.items() if not other.kind.READS_ARTICLES}
    came_from: dict[str, str] = {}
    front = [rule]
    while front:
        following = []
        for chain in front:
            for other in _inputs_of(chain, chains):
                if other.name in came_from:
                    continue
                came_from[other.name] = chain.name
                if other.name == rule.name:
                    way = [chain.name]
                    while way[-1] != rule.name:
                        way.append(came_from[way[-1]])
                    return tuple(reversed(way))
                following.append(other)
        front = following
    return ()


def depths(rules: MappingABC[str, Rule]) -> dict[str, int]:
    """How many chains deep each rule lies: 0 reads articles, 1 hears such rules, and so on. There are no circles."""
    inputs = {name: [other.name for other in _inputs_of(rule, rules)] for name, rule in rules.items()}
    found: dict[str, int] = {}
    for name in TopologicalSorter(inputs).static_order():
        below = max((found[other] for other in inputs[name]), default=0)
        found[name] = 0 if rules[name].kind.READS_ARTICLES else 1 + below
    return found


def _inputs_of(rule: Rule, rules: MappingABC[str, Rule]) -> list[Rule]:
    """The rules whose alerts a chain reads; none for a rule that reads articles."""
    if rule.kind.READS_ARTICLES:
        return []
    return [other for other in rules.values() if rule.kind.steps_met_by(other) is not None]


def _alert_delay(rule: Rule) -> timedelta:
    """How long after its moment an alert may go out, at most."""
    return rule.schedule.longest_closed() if rule.kind.waits_for_watermark() else timedelta()


def latenesses(rules: MappingABC[str, Rule], depth_of: MappingABC[str, int]) -> dict[str, timedelta]:
    """How far behind the progress of what it reads a rule's input may lie: a chain's as far as what it hears of.

    A state that begins while its schedule is closed is told when it opens: its moment lies so far back.
    """
    found: dict[str, timedelta] = {}
    for rule in sorted(rules.values(), key=lambda one: depth_of[one.name]):
        delays = (found[other.name] + _alert_delay(other) for other in _inputs_of(rule, rules))
        found[rule.name] = max((rule.lateness, *delays))
    return found
