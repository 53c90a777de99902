"""What a kind counts in a window: articles, stories, or different values."""

from __future__ import annotations

from datetime import datetime

from detectors.conditions.fields import META
from detectors.facts import Fact, Facts
from detectors.loading.context import Place
from detectors.loading.nodes import Node, Scalar
from detectors.loading.readers import JsonSchema, Reader
from detectors.problems import nearest, shown
from detectors.signatures import Copies
from detectors.stories import Stories
from detectors.tallies import Different, Tally


def counted(facts: Facts, start: datetime, end: datetime, distinct: str) -> int:
    """How many articles, stories or values of ``distinct`` the window (start, end] holds."""
    if distinct == "article":
        return facts.count(start, end)
    return facts.window(distinct, lambda: tally(distinct, facts)).at(start, end).number()


def tally(distinct: str, facts: Facts) -> Tally:
    """An empty count of articles, stories or values of ``distinct`` of a group."""
    if distinct == "article":
        return Different(lambda fact: (fact.article_id,))
    if distinct == "story":
        return stories(facts)
    return Different(lambda fact: () if fact.distinct is None else (fact.distinct,))


def stories(facts: Facts, *, once_each: bool = False) -> Stories:
    """An empty count of the stories of a group; with ``once_each`` of one value of ``distinct`` there is one story."""
    return Stories(facts.follow("copies", lambda: _Fingerprints(facts)).copies, facts.linked, once_each=once_each)


class _Fingerprints:
    """The fingerprints of a group's facts, whatever the window: which are copies is found out once."""

    __slots__ = ("copies",)

    def __init__(self, facts: Facts) -> None:
        self.copies = Copies()
        for fact in facts:
            self.added(fact)

    def added(self, fact: Fact) -> None:
        if fact.fingerprint:
            self.copies.add(fact.fingerprint)

    def dropped(self, fact: Fact) -> None:
        if fact.fingerprint:
            self.copies.remove(fact.fingerprint)


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
