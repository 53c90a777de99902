"""What the kinds have in common whose window slides: states, judged at every multiple of ``every``, and counts.

A count is an event as long as only more facts can make it true, and a state with ``for`` or ``clear``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.machines.events import EventKind, EventMachine
from detectors.machines.ticks import Side, Ticked, TickMachine
from detectors.model.alert import GroupValue
from detectors.rules.keys import QUARTER, Clear, Every, For, NumberAtLeast, NumberAtMost, WindowKind
from detectors.rules.machine import Machine
from detectors.rules.rule import Rule
from detectors.rules.thresholds import Thresholds


class StateKind(WindowKind, frozen=True, kw_only=True):
    """A kind of states: its keys, and what most of them answer to the machine."""

    every: Every = QUARTER
    for_: For = timedelta()
    clear: Clear = None

    def waits_for_watermark(self) -> bool:
        return True

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        kind: Ticked = self  # type: ignore[assignment]  # subclasses have the rest of it
        return TickMachine(rule, group, kind)

    def turning_points(self) -> tuple[timedelta, ...]:
        """A fact counts from when it comes until the window has passed it."""
        return timedelta(), self.window

    def log_age(self) -> timedelta | None:
        """How old the log must be: it does not matter."""
        return None

    def witnesses(self, facts: Facts, tick: datetime) -> list[Fact]:
        """What the window holds."""
        return facts.between(tick - self.window, tick)


class EitherSideKind(StateKind, frozen=True, kw_only=True):
    """A kind whose number is held against ``at_least`` or ``at_most``, one of them."""

    at_least: NumberAtLeast = None
    at_most: NumberAtMost = None

    def wrong(self) -> Iterator[tuple[str, str]]:
        if self.at_least is None and self.at_most is None:
            yield "at_least", "one of the keys 'at_least' or 'at_most' is missing"
        elif self.at_least is not None and self.at_most is not None:
            yield "at_most", "expected 'at_least' or 'at_most', found both"

    def levels(self) -> tuple[Side, Thresholds]:
        """For the machine of states."""
        if self.at_least is not None:
            return "at_least", self.at_least
        assert self.at_most is not None
        return "at_most", self.at_most


class CountKind(EventKind, StateKind, frozen=True, kw_only=True):
    """A kind that counts up to ``at_least``: an event at once; a state where ``for`` or ``clear`` make it wait."""

    def waits_for_watermark(self) -> bool:
        return bool(self.for_) or self.clear is not None

    def throttle(self) -> timedelta:
        return timedelta() if self.waits_for_watermark() else self.window

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return StateKind.machine(self, rule, group) if self.waits_for_watermark() else EventMachine(rule, group, self)
