"""Thresholds: a number, or a number for each severity; the highest severity reached counts."""

from __future__ import annotations

from typing import Any

import msgspec

from detectors.model.alert import Severity
from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Node
from detectors.reading.readers import JsonSchema, Number, Reader, read_keys
from detectors.vocabulary import SEVERITIES

RANK: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}


class Level(msgspec.Struct, frozen=True):
    """The number at which a severity begins; None means the rule's own ``severity``."""

    severity: Severity | None
    number: float

    def severity_of(self, own: Severity) -> Severity:
        """The severity of this level, or the rule's own if the level has none."""
        return self.severity or own


class Thresholds(msgspec.Struct, frozen=True):
    """One or more levels, from ``info`` to ``critical``."""

    levels: tuple[Level, ...]

    def at_least(self, number: float) -> Level | None:
        """The highest level with ``number`` at or above it."""
        return next((level for level in reversed(self.levels) if number >= level.number), None)

    def at_most(self, number: float) -> Level | None:
        """The highest level with ``number`` at or below it."""
        return next((level for level in reversed(self.levels) if number <= level.number), None)

    def below(self, number: float) -> Level | None:
        """The highest level with ``number`` below it."""
        return next((level for level in reversed(self.levels) if number < level.number), None)

    @property
    def least(self) -> float:
        """The smallest of the numbers."""
        return min(level.number for level in self.levels)

    @property
    def most(self) -> float:
        """The largest of the numbers."""
        return max(level.number for level in self.levels)


class ThresholdReader(Reader[Thresholds]):
    """Read a number, or ``{warning: 5, critical: 20}``."""

    def __init__(self, number: Number) -> None:
        self._number = number

    def read(self, node: Node, place: Place) -> Thresholds:
        if not isinstance(node, Mapping):
            return Thresholds((Level(None, self._number.read(node, place)),))
        if not node.pairs:
            place.fail(node, "expected a number, or a number by severity, found an empty mapping")
        readers: dict[str, Reader[Any]] = dict.fromkeys(SEVERITIES, self._number)
        numbers = read_keys(node, place, readers, frozenset())
        return Thresholds(tuple(Level(severity, numbers[severity]) for severity in SEVERITIES if severity in numbers))  # type: ignore[arg-type]

    def schema(self) -> JsonSchema:
        number = self._number.schema()
        by_severity = {
            "type": "object",
            "properties": dict.fromkeys(SEVERITIES, number),
            "additionalProperties": False,
            "minProperties": 1,
        }
        return {"anyOf": [number, by_severity]}
