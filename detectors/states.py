"""What the kinds have in common that are judged at every multiple of ``every`` and at nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from detectors.alert import GroupValue
from detectors.facts import Fact, Facts
from detectors.keys import QUARTER, Clear, Every, For, GroupBy, Window
from detectors.kind import Kind
from detectors.machine import Machine
from detectors.rule import Rule
from detectors.thresholds import Thresholds
from detectors.ticks import Side, Ticked, TickMachine


class StateKind(Kind, frozen=True, kw_only=True):
    """A kind of states: its keys, and what most of them answer to the machine."""

    window: Window
    group_by: GroupBy = ()
    every: Every = QUARTER
    for_: For = timedelta()
    clear: Clear = None

    def waits(self) -> bool:
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


def one_side(at_least: Thresholds | None, at_most: Thresholds | None) -> tuple[Side, Thresholds]:
    """The thresholds of a kind that has either ``at_least`` or ``at_most``."""
    if at_least is not None:
        return "at_least", at_least
    assert at_most is not None
    return "at_most", at_most


def wrong_sides(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What is wrong where not exactly one of two keys is given."""
    names = list(given)
    both = " or ".join(repr(name) for name in names)
    there = [name for name, value in given.items() if value is not None]
    if not there:
        yield names[0], f"one of the keys {both} is missing"
    elif len(there) > 1:
        yield there[1], f"expected {both}, found both"
