"""The oracle of states: every multiple of ``every`` is judged, one after the other, on the whole log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hypothesis import strategies as st

from detectors.model.alert import GroupValue
from detectors.rules.rule import Rule
from tests.property.detectors.harness import RANKS, Wanted, alert, at

#: Keys that every state may have, as text to append to a rule's own.
more_keys = st.tuples(
    st.sampled_from(["", "", ", for: 15m", ", for: 30m", ", for: 40m"]),
    st.sampled_from(["", "", "", ", throttle: 1h", ", throttle: 3h"]),
    st.sampled_from(["", "", "", ", schedule: {hours: '02:00-04:00'}", ", schedule: {hours: '03:10-03:20'}"]),
    st.sampled_from(["", "", ", every: 10m", ", every: 1h"]),
    st.sampled_from(["", "", ", lateness: 0s", ", lateness: 20m"]),
).map("".join)


def states(
    rule: Rule, group: dict[str, GroupValue], end: datetime, measure: Callable[[datetime], float | None]
) -> Wanted:
    """The alerts of one group; ``measure`` returns the measure at a tick, or None if nothing is judged."""
    kind, wanted = rule.kind, {}
    side, thresholds = kind.levels()
    levels = [(level.severity or rule.severity, level.number) for level in thresholds.levels]
    clear = {rank: None for rank, _ in levels}
    if kind.clear is not None:
        for one in kind.clear.levels:
            for severity, _ in levels:
                if one.severity in {None, severity}:
                    clear[severity] = one.number
    since: dict[str, datetime] = {}
    began: datetime | None = None
    last: datetime | None = None
    told: str | None = None
    dropped = False
    tick = at(0)
    while tick < end - rule.lateness:
        value = measure(tick)
        held = {}
        for severity, number in levels:
            if value is not None:
                bound = clear[severity]
                stays = severity in since and bound is not None and not _beyond(value, bound, side)
                if _reached(value, number, side) or stays:
                    held[severity] = since.get(severity, tick)
        for severity, _ in levels:  # what holds for a higher severity holds for a lower one
            above = [start for other, start in held.items() if RANKS[other] > RANKS[severity]]
            if severity not in held and above:
                held[severity] = since.get(severity, max(above))
        since = held
        true = [severity for severity, start in held.items() if tick - start >= kind.for_]
        if true:
            severity = max(true, key=RANKS.__getitem__)
            if began is None:
                began, told = tick, None
                dropped = last is not None and tick - last < rule.throttle
            if not dropped and rule.schedule.open(tick) and severity != told:
                told, last = severity, began
                wanted.update([alert(rule, group, began, severity=severity, starts_at=began)])
        elif began is not None:
            if told is not None:
                wanted.update([alert(rule, group, began, severity=told, state="resolved", starts_at=began)])
            began = None
        tick += kind.every
    return wanted


def _reached(value: float, number: float, side: str) -> bool:
    return {"at_least": value >= number, "at_most": value <= number, "below": value < number}[side]


def _beyond(value: float, bound: float, side: str) -> bool:
    return value < bound if side == "at_least" else value > bound
