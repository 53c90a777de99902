"""``metric``: the sum, average, extreme or percentile of a value over the articles in a window.

```yaml
name: tone-on-uzbekistan
kind: metric
where: {country: {is: UZB, salience: main}}
value: meta.tone
function: avg
window: 3d
at_most: {warning: -3, critical: -6}
minimum: 20
```
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from detectors.conditions.fields import META
from detectors.conditions.values import Value
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.state_kinds import EitherSideKind
from detectors.machines.ticks import Measure
from detectors.model.alert import GroupValue
from detectors.reading.context import Place
from detectors.reading.nodes import Node, Scalar
from detectors.reading.problems import nearest, shown
from detectors.reading.readers import JsonSchema, Reader
from detectors.rules.groups import Found
from detectors.rules.keys import Minimum
from detectors.rules.kind import Key, kind
from detectors.timeline.log import Log

SCORE, CONFIDENCE, AGE, LENGTH = "theme.score", "official.confidence", "age", "length"
VALUES = (SCORE, CONFIDENCE, AGE, LENGTH)
FUNCTIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": math.fsum,
    "avg": lambda numbers: math.fsum(numbers) / len(numbers),
    "min": min,
    "max": max,
}
_PERCENTILE = re.compile(r"p([1-9]\d?)")


def apply(function: str, numbers: Sequence[float]) -> float:
    """Apply a function to one or more numbers; percentiles use the nearest rank."""
    percentile = _PERCENTILE.fullmatch(function)
    if percentile is None:
        return FUNCTIONS[function](numbers)
    rank = -(-int(percentile[1]) * len(numbers) // 100)
    return sorted(numbers)[rank - 1]


class _ValueReader(Reader[str]):
    def read(self, node: Node, place: Place) -> str:
        listed = f"expected one of {', '.join(VALUES)}, meta.KEY"
        if not isinstance(node, Scalar):
            place.fail(node, f"{listed}, found {node.what}")
        if node.text not in VALUES and not (node.text.startswith(META) and len(node.text) > len(META)):
            place.fail(node, f"{listed}, found {shown(node.text)}{nearest(node.text, VALUES)}")
        return node.text

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"enum": list(VALUES)}, {"type": "string", "pattern": "^meta\\..+"}]}


class _FunctionReader(Reader[str]):
    def read(self, node: Node, place: Place) -> str:
        listed = f"expected one of {', '.join(FUNCTIONS)}, p1 to p99"
        if not isinstance(node, Scalar):
            place.fail(node, f"{listed}, found {node.what}")
        if node.text not in FUNCTIONS and not _PERCENTILE.fullmatch(node.text):
            place.fail(node, f"{listed}, found {shown(node.text)}{nearest(node.text, FUNCTIONS)}")
        return node.text

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"enum": list(FUNCTIONS)}, {"type": "string", "pattern": f"^{_PERCENTILE.pattern}$"}]}


@kind("metric")
class Metric(EitherSideKind, frozen=True, kw_only=True):
    """Each article gives its largest value that met ``where``; an article without a number does not count.

    In a group of a theme or an official, the value is that of the theme or official.
    """

    value: Annotated[
        str,
        Key(_ValueReader(), "theme.score, official.confidence, age (seconds), length (characters) or meta.KEY"),
    ]
    function: Annotated[str, Key(_FunctionReader(), "sum, avg, min, max, or p1 to p99 (nearest rank)")]
    minimum: Minimum = 1

    def number_range(self) -> tuple[float, float]:
        share = self.value in {SCORE, CONFIDENCE} and self.function != "sum"
        return (0, 1) if share else (-math.inf, math.inf)

    def number(self, found: Found, group: Mapping[str, GroupValue]) -> float | None:
        if self.value == LENGTH:
            return len(found.view.article.text)
        field, _, attribute = self.value.partition(".") if self.value in {SCORE, CONFIDENCE} else (self.value, "", "")
        fitting = (value for value in found.values(field) if _is_of(value, group))
        numbers = (value.attributes.get(attribute or field) for value in fitting)
        return max((float(one) for one in numbers if _is_number(one)), default=None)  # type: ignore[arg-type]

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:  # noqa: ARG002
        """The number at ``tick``; None if no article, or fewer than ``minimum``, give one."""
        by_article: dict[str, float] = {}
        for fact in facts.between(tick - self.window, tick):
            if fact.number is not None:
                known = by_article.get(fact.article_id)
                by_article[fact.article_id] = fact.number if known is None else max(known, fact.number)
        if len(by_article) < max(self.minimum, 1):
            return None
        return Measure(apply(self.function, list(by_article.values())), len(by_article))

    def witnesses(self, facts: Facts, tick: datetime) -> list[Fact]:
        """The facts that gave a number."""
        return [fact for fact in facts.between(tick - self.window, tick) if fact.number is not None]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300


def _is_of(value: Value, group: Mapping[str, GroupValue]) -> bool:
    """Whether the group names this theme or official; a group without such a field names all."""
    for field, wanted in group.items():
        of, _, attribute = field.partition(".")
        if of == value.field:
            found = value.attributes.get(attribute) if attribute else value.code
            if (found[0] if isinstance(found, tuple) else found) != wanted:
                return False
    return True
