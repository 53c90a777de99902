"""Conditions of several steps: all of them met within a window, in any order or one after the other."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from detectors.alert import Severity
from detectors.conditions.nodes import Condition
from detectors.events import EventKind, Judgement
from detectors.facts import Fact, Facts
from detectors.keys import GroupBy, Steps, Window
from detectors.tallies import Tally

MOST_EXACT = 200
"""Articles in a window of which those that stand in whole sequences are counted; of more, all that met a step."""


class StepsKind(EventKind, frozen=True, kw_only=True):
    """A kind whose conditions are all to be met within a window."""

    steps: Steps
    window: Window
    group_by: GroupBy = ()

    def conditions(self) -> tuple[Condition, ...]:
        return self.steps


class AnyOrder(Tally):
    """The articles of a window that met some of ``steps``, and whether all of these were met."""

    __slots__ = ("_articles", "_met", "_sizes")

    def __init__(self, steps: int) -> None:
        self._met = [0] * steps
        self._articles: Counter[str] = Counter()
        self._sizes: Counter[int] = Counter()

    def enter(self, fact: Fact) -> None:
        for step in fact.steps:
            self._met[step - 1] += 1
        self._articles[fact.article_id] += 1
        self._sizes[len(fact.steps)] += 1

    def leave(self, fact: Fact) -> None:
        for step in fact.steps:
            self._met[step - 1] -= 1
        self._articles[fact.article_id] -= 1
        if not self._articles[fact.article_id]:
            del self._articles[fact.article_id]
        self._sizes[len(fact.steps)] -= 1
        if not self._sizes[len(fact.steps)]:
            del self._sizes[len(fact.steps)]

    def number(self) -> int:
        return len(self._articles) if all(self._met) else 0

    @property
    def fewest(self) -> int:
        """The fewest articles that the steps may take, as far as is seen at once; fewer of them with more facts."""
        return -(-len(self._met) // max(self._sizes, default=1))


def judge_any_order(
    facts: Facts, opens: datetime, moment: datetime, steps: int, severity: Severity
) -> Judgement | None:
    """Whether the window (opens, moment] holds a fact for each of so many steps; it counts those that meet any."""
    met = facts.window("steps", lambda: AnyOrder(steps)).at(opens, moment)
    count = met.number()
    return Judgement(moment=moment, severity=severity, count=count, base=met.fewest) if count else None


Best = tuple[tuple[datetime, str], ...]
"""Of the sequences up to a step, the best bound with the article at the step, and the best with another article.

Two steps in a row are never one article, though versions of it may differ in time.
"""


def _bound(best: Best, fact: Fact) -> datetime | None:
    """The best bound of a sequence by another article than the fact's."""
    return next((bound for bound, article in best if article != fact.article_id), None)


def _better(best: Best, fact: Fact, bound: datetime, *, latest: bool) -> Best:
    """The best when one more fact has got there."""
    known = {article: earlier for earlier, article in best}
    mine = known.get(fact.article_id, bound)
    known[fact.article_id] = max(mine, bound) if latest else min(mine, bound)
    return tuple(sorted(((bound, article) for article, bound in known.items()), reverse=latest)[:2])


class InOrder(Tally):
    """The articles of a window that met some of ``steps``, and the latest start of a whole sequence of them.

    Each fact has what was best when its time was over, so that a fact at the end costs no look at those before it.
    """

    __slots__ = ("_articles", "_best", "_facts", "_steps")

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._facts: list[Fact] = []
        self._best: list[tuple[Best, ...]] = []
        self._articles: Counter[str] = Counter()

    def enter(self, fact: Fact) -> None:
        self._articles[fact.article_id] += 1
        insort(self._facts, fact)
        self._work_out(fact.time)

    def leave(self, fact: Fact) -> None:
        self._articles[fact.article_id] -= 1
        if not self._articles[fact.article_id]:
            del self._articles[fact.article_id]
        place = bisect_left(self._facts, fact)
        del self._facts[place]
        if place == 0:  # what began with it begins before the window, which is asked of in any case
            del self._best[0]
        else:
            self._work_out(fact.time)

    def number(self) -> int:
        return len(self._articles)

    def latest_start(self) -> datetime | None:
        """When the last of the whole sequences begins; before the window where none is in it."""
        best = self._best[-1][-1] if self._best else ()
        return best[0][0] if best else None

    def _work_out(self, start: datetime) -> None:
        """Go on from the facts before ``start``."""
        place = bisect_left(self._facts, start, key=_time)
        del self._best[place:]
        best: tuple[Best, ...] = self._best[-1] if self._best else ((),) * self._steps
        while place < len(self._facts):
            end = place
            following = list(best)
            while end < len(self._facts) and self._facts[end].time == self._facts[place].time:
                fact = self._facts[end]
                for step in fact.steps:
                    bound = fact.time if step == 1 else _bound(best[step - 2], fact)
                    if bound is not None:
                        following[step - 1] = _better(following[step - 1], fact, bound, latest=True)
                end += 1
            best = tuple(following)
            self._best += [best] * (end - place)
            place = end


def _time(fact: Fact) -> Any:
    return fact.order[0]


def _same_times(facts: Sequence[Fact]) -> Iterator[Sequence[Fact]]:
    start = 0
    for end in range(1, len(facts) + 1):
        if end == len(facts) or facts[end].time != facts[start].time:
            yield facts[start:end]
            start = end


def _bounds(facts: Sequence[Fact], order: Iterable[int], *, latest: bool) -> dict[tuple[Any, int], datetime]:
    """For each fact and step that it has got to: where the best sequence begins (``latest``), or ends."""
    steps = tuple(order)
    best: dict[int, Best] = dict.fromkeys(steps, ())
    found: dict[tuple[Any, int], datetime] = {}
    for together in _same_times(facts):
        reached = []
        for fact in together:
            for step in fact.steps:
                before = steps.index(step) - 1
                bound = fact.time if before < 0 else _bound(best[steps[before]], fact)
                if bound is not None:
                    found[fact.order, step] = bound
                    reached.append((step, fact, bound))
        for step, fact, bound in reached:
            best[step] = _better(best[step], fact, bound, latest=latest)
    return found


def standing_in_order(facts: Sequence[Fact], steps: int) -> list[Fact]:
    """The facts of a window that stand in whole sequences, in order.

    A fact does that reaches some step both from a beginning, forwards, and from an end, backwards.
    """
    begun = _bounds(facts, range(1, steps + 1), latest=True)
    ended = _bounds(facts[::-1], range(steps, 0, -1), latest=False)
    whole = begun.keys() & ended.keys()
    return [fact for fact in facts if any((fact.order, step) in whole for step in fact.steps)]
