"""Conditions of several steps: all of them met within a window, in any order or one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from detectors.alert import Severity
from detectors.events import Judgement
from detectors.facts import Fact, Facts
from detectors.sliding import slide


def all_met(
    facts: Facts, moments: Sequence[datetime], window: timedelta, steps: int, severity: Severity
) -> Iterator[Judgement]:
    """The judgements of those of ``moments`` at which the window has a fact for each of the steps.

    It counts the articles; doublings are those of the fewest articles that the steps may take.
    """
    met = [0] * steps
    articles: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    for moment, came, went in slide(facts, moments, window):
        for group, sign in ((came, 1), (went, -1)):
            for fact in group:
                for step in fact.steps:
                    met[step - 1] += sign
                articles[fact.article_id] += sign
                if not articles[fact.article_id]:
                    del articles[fact.article_id]
                sizes[len(fact.steps)] += sign
        if all(met):
            most = max(size for size, number in sizes.items() if number)
            yield Judgement(moment=moment, severity=severity, count=len(articles), base=-(-steps // most))


class _Standing(msgspec.Struct, frozen=True):
    """When a fact stands in a whole sequence: at each moment from ``since`` until before ``until``."""

    fact: Fact
    since: datetime
    until: datetime


Best = tuple[tuple[datetime, str], ...]
"""Of the sequences up to a step, the best bound with the article at the step, and the best with another article."""


class _Ladder:
    """For each step the best bound of the sequences that have got there, with facts of strictly other times only.

    Two steps in a row are never one article, though versions of it may differ in time: so the two best are kept.
    """

    def __init__(self, steps: int, *, latest: bool) -> None:
        self._best: list[Best] = [()] * steps
        self._latest = latest

    def before(self, step: int, fact: Fact) -> datetime | None:
        """The best bound of a sequence up to the step by another article than the fact's."""
        return next((bound for bound, article in self._best[step] if article != fact.article_id), None)

    def take(self, reached: Iterable[tuple[int, Fact, datetime]]) -> None:
        """Facts of one time got to a step, each with its bound."""
        for step, fact, bound in reached:
            best = {article: known for known, article in self._best[step]}
            known = best.get(fact.article_id)
            if known is None or (bound > known if self._latest else bound < known):
                best[fact.article_id] = bound
            ranked = sorted(((bound, article) for article, bound in best.items()), reverse=self._latest)
            self._best[step] = tuple(ranked[:2])


def _same_times(facts: Sequence[Fact]) -> Iterator[Sequence[Fact]]:
    start = 0
    for end in range(1, len(facts) + 1):
        if end == len(facts) or facts[end].time != facts[start].time:
            yield facts[start:end]
            start = end


def _standings(span: Sequence[Fact], window: timedelta, steps: int) -> list[_Standing]:
    """When each fact stands in a whole sequence within the window: once forwards, once backwards."""
    starts: dict[tuple[int, int], datetime] = {}
    ladder = _Ladder(steps, latest=True)
    place = 0
    for together in _same_times(span):
        reached = []
        for number, fact in enumerate(together, place):
            for step in fact.steps:
                start = fact.time if step == 1 else ladder.before(step - 2, fact)
                if start is not None:
                    starts[number, step] = start
                    reached.append((step - 1, fact, start))
        ladder.take(reached)
        place += len(together)
    standings = []
    ladder = _Ladder(steps, latest=False)
    for together in _same_times(span[::-1]):
        reached = []
        for offset, fact in enumerate(together, 1):
            number = place - offset
            for step in fact.steps:
                end = fact.time if step == steps else ladder.before(step, fact)
                if end is None:
                    continue
                reached.append((step - 1, fact, end))
                start = starts.get((number, step))
                if start is not None and end < start + window:
                    standings.append(_Standing(fact, end, start + window))
        ladder.take(reached)
        place -= len(together)
    return standings


def in_order(
    facts: Facts, moments: Sequence[datetime], window: timedelta, steps: int, severity: Severity
) -> Iterator[Judgement]:
    """The judgements of those of ``moments`` at which the window has a whole sequence.

    Each step is met by a later article than the one before. It counts the articles of all such sequences.
    """
    if not moments:
        return
    standings = _standings(facts.between(moments[0] - window, moments[-1]), window, steps)
    come = sorted(standings, key=lambda one: one.since)
    go = sorted(standings, key=lambda one: one.until)
    articles: Counter[str] = Counter()
    came = went = 0
    for moment in moments:
        while came < len(come) and come[came].since <= moment:
            articles[come[came].fact.article_id] += 1
            came += 1
        while went < len(go) and go[went].until <= moment:
            articles[go[went].fact.article_id] -= 1
            if not articles[go[went].fact.article_id]:
                del articles[go[went].fact.article_id]
            went += 1
        if articles:
            yield Judgement(moment=moment, severity=severity, count=len(articles), base=steps)


def standing_in_order(facts: Facts, moment: datetime, window: timedelta, steps: int) -> list[Fact]:
    """The facts that stand in a whole sequence within the window at a moment, in order."""
    standings = _standings(facts.between(moment - window, moment), window, steps)
    return sorted({one.fact.order: one.fact for one in standings if one.since <= moment < one.until}.values())
