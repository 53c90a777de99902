"""What a kind counts in a window: articles, stories, or different values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from detectors.conditions.fields import META
from detectors.facts import Bound, Fact, Facts
from detectors.loading.context import Place
from detectors.loading.nodes import Node, Scalar
from detectors.loading.readers import JsonSchema, Reader
from detectors.problems import nearest, shown
from detectors.stories import Stories
from detectors.tallies import Different, Tally


def counted(facts: Facts, start: datetime, end: datetime, distinct: str) -> int:
    """How many articles, stories or values of ``distinct`` the window (start, end] holds."""
    if distinct == "article":
        return facts.count(start, end)
    return facts.window(distinct, lambda: tally(distinct, facts.linked)).at(start, end).number()


def counted_of(facts: Iterable[Fact], distinct: str, linked: Bound) -> int:
    """How many articles, stories or values of ``distinct`` these facts are. An article without a value adds none."""
    counting = tally(distinct, linked)
    for fact in facts:
        counting.enter(fact)
    return counting.number()


def tally(distinct: str, linked: Bound) -> Tally:
    """An empty count of articles, stories or values of ``distinct``; ``linked`` hears of the bound on stories."""
    if distinct == "article":
        return Different(lambda fact: (fact.article_id,))
    if distinct == "story":
        return Stories(linked)
    return Different(lambda fact: () if fact.distinct is None else (fact.distinct,))


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
