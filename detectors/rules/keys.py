"""Keys that several kinds have, declared once: put them beside a field's type with ``Annotated``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from detectors.conditions.fields import META
from detectors.conditions.nodes import Condition
from detectors.conditions.reader import CONDITION
from detectors.reading.context import Place
from detectors.reading.nodes import Node, Scalar
from detectors.reading.problems import nearest, shown
from detectors.reading.readers import Duration, JsonSchema, ListOf, Number, Reader
from detectors.rules.groups import GroupByReader, GroupFieldReader
from detectors.rules.kind import Key, Kind
from detectors.rules.thresholds import ThresholdReader, Thresholds


class DistinctReader(Reader[str]):
    """What is counted: one of the kind's words, or ``meta.KEY``."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def read(self, node: Node, place: Place) -> str:
        listed = ", ".join((*self._words, "meta.KEY"))
        if not isinstance(node, Scalar):
            place.fail(node, f"expected one of {listed}, found {node.what}")
        if node.text not in self._words and not (node.text.startswith(META) and len(node.text) > len(META)):
            place.fail(node, f"expected one of {listed}, found {shown(node.text)}{nearest(node.text, self._words)}")
        return node.text

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"enum": list(self._words)}, {"type": "string", "pattern": "^meta\\..+"}]}


GroupBy = Annotated[
    tuple[str, ...],
    Key(GroupByReader(), "what state is kept by; an article counts once for each group that it has"),
]
Window = Annotated[timedelta, Key(Duration(), "the stretch of event time (t - window, t] that is looked at")]
Of = Annotated[str, Key(GroupFieldReader(), "the field whose values are looked at")]
Distinct = Annotated[
    str, Key(DistinctReader("article", "story", "source", "language"), "what is counted once; default: article")
]
CountAtLeast = Annotated[
    Thresholds,
    Key(ThresholdReader(Number(least=1, whole=True)), "so many, or so many by severity", harmless=True),
]
CountAtLeastOrNone = Annotated[
    Thresholds | None,
    Key(ThresholdReader(Number(least=1, whole=True)), "so many or more, or so many by severity", harmless=True),
]
CountAtMostOrNone = Annotated[
    Thresholds | None,
    Key(ThresholdReader(Number(least=0, whole=True)), "so many or fewer, or so many by severity", harmless=True),
]
NumberAtLeast = Annotated[
    Thresholds | None, Key(ThresholdReader(Number()), "this or more, a number or a number by severity", harmless=True)
]
NumberAtMost = Annotated[
    Thresholds | None, Key(ThresholdReader(Number()), "this or less, a number or a number by severity", harmless=True)
]
Every = Annotated[
    timedelta, Key(Duration(), "states are judged at each multiple of this, since 1970-01-01T00:00Z", harmless=True)
]
For = Annotated[
    timedelta, Key(Duration(zero=True), "true at each of these times for so long", name="for", harmless=True)
]
Clear = Annotated[
    Thresholds | None,
    Key(
        ThresholdReader(Number()),
        "a level, once reached, is left only when the value is beyond this; by severity, or for all",
        harmless=True,
    ),
]
QUARTER = timedelta(minutes=15)
Minimum = Annotated[int, Key(Number(least=0, whole=True), "articles that there must be at least", harmless=True)]
Step = Annotated[Condition, Key(CONDITION, "a condition, met together with `where`")]
Steps = Annotated[
    tuple[Condition, ...], Key(ListOf(CONDITION, least=2, most=32), "conditions, each met together with `where`")
]


class GroupedKind(Kind, frozen=True, kw_only=True):
    """A kind that keeps its state by the values of some fields."""

    group_by: GroupBy = ()

    def group_fields(self) -> tuple[str, ...]:
        return self.group_by


class WindowKind(GroupedKind, frozen=True, kw_only=True):
    """A kind that looks at a window of event time."""

    window: Window

    def span(self) -> timedelta:
        return self.window
