"""Keys that several kinds share, declared once as ``Annotated`` types."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from detectors.conditions.fields import META
from detectors.conditions.nodes import Condition
from detectors.conditions.reader import CONDITION
from detectors.reading.context import Place
from detectors.reading.nodes import Node, Scalar
from detectors.reading.problems import nearest, shown
from detectors.reading.readers import Choice, Duration, JsonSchema, ListOf, Number, Reader
from detectors.rules.groups import GroupByReader, GroupFieldReader
from detectors.rules.kind import Key, Kind
from detectors.rules.thresholds import ThresholdReader, Thresholds


class DistinctReader(Reader[str]):
    """Read what is counted: one of the kind's words, or ``meta.KEY``."""

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
    Key(GroupByReader(), "the fields to keep state by; an article counts once for each of its groups"),
]
SKIP, GROUP = "skip", "group"
Missing = Annotated[
    str,
    Key(
        Choice((SKIP, GROUP), "way to treat a missing value"),
        "an article without a value for a group's field: skip it (default), or count it in a group of its own, null",
        later=True,
    ),
]
Window = Annotated[timedelta, Key(Duration(), "the stretch of event time (t - window, t] to evaluate")]
Of = Annotated[str, Key(GroupFieldReader(), "the field whose values to evaluate")]
Distinct = Annotated[
    str, Key(DistinctReader("article", "story", "source", "language"), "what to count once; default: article")
]
CountAtLeast = Annotated[
    Thresholds,
    Key(ThresholdReader(Number(least=1, whole=True)), "the minimum count, or one by severity", harmless=True),
]
CountAtLeastOrNone = Annotated[
    Thresholds | None,
    Key(ThresholdReader(Number(least=1, whole=True)), "the minimum count, or one by severity", harmless=True),
]
CountAtMostOrNone = Annotated[
    Thresholds | None,
    Key(ThresholdReader(Number(least=0, whole=True)), "the maximum count, or one by severity", harmless=True),
]
NumberAtLeast = Annotated[
    Thresholds | None, Key(ThresholdReader(Number()), "the minimum, a number or a number by severity", harmless=True)
]
NumberAtMost = Annotated[
    Thresholds | None, Key(ThresholdReader(Number()), "the maximum, a number or a number by severity", harmless=True)
]
Every = Annotated[
    timedelta,
    Key(Duration(), "how often to evaluate a state, at multiples of this since 1970-01-01T00:00Z", harmless=True),
]
For = Annotated[
    timedelta,
    Key(Duration(zero=True), "how long the condition must hold at each of these times", name="for", harmless=True),
]
Clear = Annotated[
    Thresholds | None,
    Key(
        ThresholdReader(Number()),
        "once reached, a level ends only when the value is beyond this; one for all, or by severity",
        harmless=True,
    ),
]
QUARTER = timedelta(minutes=15)
Minimum = Annotated[int, Key(Number(least=0, whole=True), "the minimum number of articles", harmless=True)]
Steps = Annotated[
    tuple[Condition, ...], Key(ListOf(CONDITION, least=2, most=32), "conditions, each to meet together with `where`")
]


class GroupedKind(Kind, frozen=True, kw_only=True):
    """A kind that keeps its state by the values of fields."""

    group_by: GroupBy = ()
    missing: Missing = SKIP

    def groups_missing(self) -> bool:
        return self.missing == GROUP

    def group_fields(self) -> tuple[str, ...]:
        return self.group_by


class WindowKind(GroupedKind, frozen=True, kw_only=True):
    """A kind that evaluates a window of event time."""

    window: Window

    def span(self) -> timedelta:
        return self.window
