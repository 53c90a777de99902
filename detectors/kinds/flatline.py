"""``flatline``: fewer articles than usual, silence included.

```yaml
name: wire-is-silent
kind: flatline
group_by: [source]
window: 6h
below: {warning: 3, critical: 1}
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

import msgspec

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.state_kinds import StateKind
from detectors.machines.ticks import Measure, Side, TickMachine
from detectors.model.alert import GroupValue
from detectors.model.event_time import BEGINNING, INSTANT
from detectors.model.observation import group_key
from detectors.reading.readers import Duration, Number
from detectors.rules.keys import CountAtLeast
from detectors.rules.kind import Key, kind
from detectors.rules.listed_groups import Group, GroupsReader, group_of
from detectors.rules.machine import Machine, Mark, Outcome
from detectors.rules.rule import Rule
from detectors.rules.thresholds import Level, Thresholds
from detectors.timeline.intervals import first_multiple
from detectors.timeline.log import Log

_FULL = "full"


@kind("flatline")
class Flatline(StateKind, frozen=True, kw_only=True, dict=True):
    """A group is judged if ``groups`` lists it, or else from its first window (evaluated at each ``every``) with
    ``minimum`` articles until ``remember`` passes without any. With ``group_by`` nothing is judged while the window
    contains no article of the log at all."""

    NEEDS_LOG: ClassVar[bool] = True

    below: CountAtLeast = Thresholds((Level(None, 1),))
    groups: Annotated[
        tuple[Any, ...] | None,
        Key(GroupsReader(), "the groups to judge: the name of a list, or values", harmless=True),
    ] = None
    minimum: Annotated[
        int | None,
        Key(
            Number(least=0, whole=True),
            "number of articles in a window that makes a group known; default: `below`",
            harmless=True,
        ),
    ] = None
    remember: Annotated[
        timedelta, Key(Duration(), "forget a group after this long without an article", harmless=True)
    ] = timedelta(days=30)

    def wrong(self) -> Iterator[tuple[str, str]]:
        if self.groups is not None and not self.group_by:
            yield "groups", "'groups' needs 'group_by', which names their fields"
            return
        for item in self.groups or ():
            try:
                group_of(item, self.group_by)
            except ValueError as error:
                yield "groups", str(error)

    def levels(self) -> tuple[Side, Thresholds]:
        """The thresholds, and the side on which a value reaches them."""
        return "below", self.below

    @cached_property
    def listed(self) -> dict[str, Group]:
        """The listed groups, by key."""
        groups = [group_of(item, self.group_by) for item in self.groups or ()]
        return {group_key(group): group for group in groups}

    def initial_groups(self) -> tuple[dict[str, GroupValue], ...]:
        return tuple(self.listed.values())

    def log_reach(self) -> timedelta:
        return self.window + self.every if self.group_by else timedelta()

    def shortest_silence(self) -> timedelta | None:
        return self.window if self.group_by else None

    def enough(self) -> float:
        """The number of articles in a window that makes a group known."""
        return self.below.most if self.minimum is None else self.minimum

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return _FlatlineMachine(rule, group, self)

    def measure(self, facts: Facts, tick: datetime, log: Log) -> Measure | None:
        """The number of articles in the window; None if the rule has groups and the whole log is silent."""
        start = tick - self.window
        if self.group_by and not log.alive(start, tick):
            return None
        count = facts.count(start, tick)
        return Measure(count, count)


class _FlatlineMachine(TickMachine):
    """Adds to the states whether the group is known, and silence, during which no facts come."""

    __slots__ = ("_full",)

    _kind: Flatline

    def __init__(self, rule: Rule, group: dict[str, GroupValue], kind: Flatline) -> None:
        super().__init__(rule, group, kind)
        self._full: datetime | None = None
        """For a group that was added to the list while the log was running: when its window is full."""

    def restore(self, facts: Iterable[Fact], marks: Iterable[Mark], settled: datetime | None) -> None:
        super().restore(facts, marks, settled)
        self._full = next((mark.time for mark in self.marks.values() if mark.name == _FULL), None)

    @property
    def _listed(self) -> bool:
        return group_key(self.group) in self._kind.listed

    @property
    def _ignored(self) -> bool:
        return self._kind.groups is not None and not self._listed

    def observe(self, fact: Fact, out: Outcome) -> None:
        if self._ignored:
            out.facts_dropped.append(fact)
        else:
            super().observe(fact, out)

    def advance(self, now: datetime, settled: datetime, log: Log, out: Outcome) -> None:
        fresh = self._judged is None and self._full is None and self._listed
        if fresh and log.start is not None and settled > first_multiple(log.start, self._kind.every):
            self._full = settled + self._kind.window
            self.put(Mark(name=_FULL, time=self._full), out)
        super().advance(now, settled, log, out)

    def begins(self, settled: datetime | None) -> datetime | None:
        """For a listed group, the beginning of the log or of what is not settled yet."""
        if not self._listed:
            return super().begins(settled)
        if settled is None:
            return BEGINNING  # due at the first watermark
        start = self._log.start if self._log is not None else None
        return None if start is None else max(start, settled)

    def measure(self, tick: datetime, log: Log) -> Measure | None:
        known = self._listed or (not self._ignored and self._known(tick))
        self.standing = msgspec.structs.replace(self.standing, learned=known)
        if not known or (self._full is not None and tick < self._full):
            return None
        return super().measure(tick, log)

    def _known(self, tick: datetime) -> bool:
        kind = self._kind
        if self.facts.count(tick - kind.window, tick) >= kind.enough():
            return True
        last = self.facts.last_until(tick)
        return self.standing.learned and last is not None and last.time > tick - kind.remember

    def moments(self, after: datetime) -> Iterator[datetime]:
        yield from super().moments(after)
        if not self.standing.learned:
            return
        if self._full is not None:
            yield self._full
        last = self.facts.last_until(after)
        if last is not None and not self._listed:
            yield last.time + self._kind.remember
        silent = last is None or last.time <= after - self._kind.window
        if silent and self._kind.group_by:
            yield self._log_turns(after)

    def _log_turns(self, after: datetime) -> datetime:
        """The first moment at which the log may fall silent, or wake up."""
        if self._log is None:
            return after + self._kind.every
        if self._log.alive(after - self._kind.window, after):
            last = self._log.last_until(after)
            assert last is not None
            return last + self._kind.window
        return self._log.next_after(after) or after + self._kind.every

    def forget(self, settled: datetime, out: Outcome) -> None:
        """Delete all facts behind the window except the last, which says until when the group is known."""
        kind = self._kind
        longest = max(kind.window, kind.remember) + kind.every
        self.prune(settled - longest - INSTANT, out)
        last = self.facts.last_until(settled)
        for mark in list(self.marks.values()):
            if mark.name == _FULL and mark.time + kind.every < settled:
                self.drop(mark, out)
        if last is not None:
            self.prune(min(settled - kind.every - kind.window, last.time) - INSTANT, out)

    def forgets(self) -> datetime | None:
        first = self.facts.first
        if first is None:
            return None
        kind = self._kind
        stays = kind.window if self.facts.next_after(first.time) is not None else max(kind.window, kind.remember)
        return first.time + stays + kind.every + 2 * INSTANT

    def _says_nothing(self, settled: datetime) -> bool:
        return not self._listed and super()._says_nothing(settled)
