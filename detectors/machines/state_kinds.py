"""The bases of kinds with a sliding window: states, judged at every multiple of ``every``, and counts.

A count is an event, which further facts can only make true; with ``for`` or ``clear`` it is a state.
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
    """A state kind: the common keys, and defaults for what the machine asks."""

    every: Every = QUARTER
    for_: For = timedelta()
    clear: Clear = None

    def waits_for_watermark(self) -> bool:
        return True

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        kind: Ticked = self  # type: ignore[assignment]  # subclasses complete the protocol
        return TickMachine(rule, group, kind)

    def turning_points(self) -> tuple[timedelta, ...]:
        """When a fact enters the window and when it leaves it."""
        return timedelta(), self.window

    def log_age(self) -> timedelta | None:
        """The minimum age of the log; None, since it does not matter."""
        return None

    def witnesses(self, facts: Facts, tick: datetime) -> list[Fact]:
        """The facts in the window."""
        return facts.between(tick - self.window, tick)


class EitherSideKind(StateKind, frozen=True, kw_only=True):
    """A kind with a threshold for its number: either ``at_least`` or ``at_most``."""

    ONE_OF = ("at_least", "at_most")

    at_least: NumberAtLeast = None
    at_most: NumberAtMost = None

    def wrong(self) -> Iterator[tuple[str, str]]:
        if self.at_least is None and self.at_most is None:
            yield "at_least", "one of the keys 'at_least' or 'at_most' is missing"
        elif self.at_least is not None and self.at_most is not None:
            yield "at_most", "expected 'at_least' or 'at_most', found both"

    def levels(self) -> tuple[Side, Thresholds]:
        """The thresholds, and the side on which a value reaches them."""
        if self.at_least is not None:
            return "at_least", self.at_least
        assert self.at_most is not None
        return "at_most", self.at_most


class CountKind(EventKind, StateKind, frozen=True, kw_only=True):
    """A kind that counts up to ``at_least``: an event that fires at once; a state with ``for`` or ``clear``."""

    def waits_for_watermark(self) -> bool:
        return bool(self.for_) or self.clear is not None

    def throttle(self) -> timedelta:
        return timedelta() if self.waits_for_watermark() else self.window

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        return StateKind.machine(self, rule, group) if self.waits_for_watermark() else EventMachine(rule, group, self)
