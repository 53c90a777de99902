"""Conditions of several steps, all met within a window, in any order or one after the other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from datetime import datetime, timedelta

from detectors.conditions.nodes import Condition
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.events import EventKind
from detectors.machines.judgement import Judgement, not_met
from detectors.model.alert import Severity
from detectors.model.event_time import INSTANT
from detectors.rules.keys import Steps


class StepsKind(EventKind, frozen=True, kw_only=True):
    """A kind whose conditions must all be met within a window."""

    steps: Steps

    def conditions(self) -> tuple[Condition, ...]:
        return self.steps


class StepTimes:
    """When each of ``steps`` steps was met, and when by articles that met several at once."""

    __slots__ = ("_met", "_sizes")

    def __init__(self, facts: Facts, steps: int) -> None:
        self._met: list[list[datetime]] = [[] for _ in range(steps)]
        self._sizes: list[list[datetime]] = [
            [] for _ in range(steps)
        ]  # by place: articles that met place + 1 or more steps
        for fact in facts:
            self.added(fact)

    def added(self, fact: Fact) -> None:
        """Add a fact of the group."""
        for times in self._of(fact):
            insort(times, fact.time)

    def dropped(self, fact: Fact) -> None:
        """Remove a fact of the group."""
        for times in self._of(fact):
            del times[bisect_left(times, fact.time)]

    def all_met(self, start: datetime, end: datetime) -> bool:
        """Whether (start, end] contains each step."""
        return all(_holds(times, start, end) for times in self._met)

    def fewest(self, start: datetime, end: datetime) -> int:
        """A quick lower bound of the number of articles that meet all steps in (start, end]."""
        sizes = (size for size in range(len(self._sizes), 1, -1) if _holds(self._sizes[size - 1], start, end))
        return -(-len(self._met) // next(sizes, 1))

    def turned(self, fact: Fact, window: timedelta) -> Iterator[tuple[datetime, datetime]]:
        """The stretches where windows of this length, without ``fact``, lack a step or an article of as many steps."""
        for times in self._of(fact):
            place = bisect_left(times, fact.time)
            after = place + 1
            first = fact.time if not place else max(fact.time, times[place - 1] + window)
            last = fact.time + window if after == len(times) else min(times[after], fact.time + window)
            if first < last:
                yield first, last - INSTANT

    def _of(self, fact: Fact) -> list[list[datetime]]:
        return [*(self._met[step - 1] for step in fact.steps), *self._sizes[: len(fact.steps)]]


def _holds(times: list[datetime], start: datetime, end: datetime) -> bool:
    place = bisect_right(times, end)
    return place > 0 and times[place - 1] > start


class AnyOrderKind(EventKind, frozen=True, kw_only=True):
    """A kind that may require a fact for each of several steps; it counts the facts that meet any."""

    def judge_steps(self, facts: Facts, moment: datetime, steps: int, severity: Severity) -> Judgement:
        """Judge whether the window until ``moment`` holds a fact for each of ``steps`` steps."""
        opens, times = moment - self.reach(), self.step_times(facts, steps)
        if not times.all_met(opens, moment):
            return not_met(moment, severity)
        count = facts.count(opens, moment)
        return Judgement(moment=moment, severity=severity, count=count, base=times.fewest(opens, moment))

    @staticmethod
    def step_times(facts: Facts, steps: int) -> StepTimes:
        """When each of ``steps`` steps was met."""
        return facts.follow("steps", lambda: StepTimes(facts, steps))
