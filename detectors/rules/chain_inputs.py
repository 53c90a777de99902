"""Which alerts a chain reads: those of rules by name or tag. No chain may read its own alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingABC
from datetime import timedelta
from graphlib import TopologicalSorter
from typing import Any, ClassVar

import msgspec

from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Node
from detectors.reading.problems import nearest, shown
from detectors.reading.readers import JsonSchema, ListOf, Reader, Word, read_keys
from detectors.rules.rule import Rule


class ChainInput(msgspec.Struct, frozen=True, tag="Heard"):
    """Rules by name, and all rules that have one of the tags."""

    rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def includes(self, rule: Rule) -> bool:
        """Whether the rule's alerts are part of this input."""
        return rule.name in self.rules or not set(self.tags).isdisjoint(rule.tags)


class ChainInputReader(Reader[ChainInput]):
    """Read ``{rules: [NAMES], tags: [TAGS]}``; at least one of the keys is required."""

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


def wrong_inputs(
    rule: Rule, rules: MappingABC[str, Rule], named: Iterable[tuple[str, str]], key: str
) -> Iterator[tuple[str, str]]:
    """Names that are no rules, each with its key, and a cycle of rules that read each other's alerts, at ``key``."""
    for at, name in named:
        if name not in rules:
            yield at, f"unknown rule {shown(name)}{nearest(name, rules)}"
    found = circle(rule, rules)
    if found and rule.name == min(found):
        yield key, f"chains form a cycle: {' -> '.join((*found, found[0]))}"


def circle(rule: Rule, rules: MappingABC[str, Rule]) -> tuple[str, ...]:
    """The shortest cycle from a chain through its input chains back to itself; empty if there is none."""
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
    """The depth of each rule: 0 reads articles, 1 reads alerts of those rules, and so on. There must be no cycles."""
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
    """The longest delay between an alert's moment and the time it is sent."""
    return rule.schedule.longest_closed() if rule.kind.waits_for_watermark() else timedelta()


def latenesses(rules: MappingABC[str, Rule], depth_of: MappingABC[str, int]) -> dict[str, timedelta]:
    """The lateness of each rule's input; a chain inherits the lateness of the rules that it reads.

    A state that begins while its schedule is closed is sent when the schedule opens: its moment is that much older.
    """
    found: dict[str, timedelta] = {}
    for rule in sorted(rules.values(), key=lambda one: depth_of[one.name]):
        delays = (found[other.name] + _alert_delay(other) for other in _inputs_of(rule, rules))
        found[rule.name] = max((rule.lateness, *delays))
    return found
