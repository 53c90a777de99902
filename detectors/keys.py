"""Keys that several kinds have, declared once: put them beside a field's type with ``Annotated``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from detectors.conditions.nodes import Condition
from detectors.conditions.reader import CONDITION
from detectors.counting import DistinctReader
from detectors.groups import GroupByReader, GroupFieldReader
from detectors.kind import Key
from detectors.loading.readers import Duration, ListOf, Number
from detectors.thresholds import ThresholdReader, Thresholds

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
Minimum = Annotated[int, Key(Number(least=0, whole=True), "articles that there must be at least", harmless=True)]
Step = Annotated[Condition, Key(CONDITION, "a condition, met together with `where`")]
Steps = Annotated[
    tuple[Condition, ...], Key(ListOf(CONDITION, least=2, most=32), "conditions, each met together with `where`")
]
