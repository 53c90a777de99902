"""The judgement of an event kind on a moment: whether its condition is met, and with which number."""

from __future__ import annotations

import math
from datetime import datetime

import msgspec

from detectors.model.alert import Severity
from detectors.rules.thresholds import RANK, Thresholds


def revision(number: float, base: float = 1) -> int:
    """1, plus one for each time that the number has doubled from ``base``."""
    return 1 + (math.floor(math.log2(number / base)) if number > base > 0 else 0)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a condition is met at a moment (``met``), and with which number.

    ``count`` goes into the record, ``base`` is the count from which doublings are counted, ``rank`` the number of the
    rule's severities below the one reached. ``again`` is the number at which the moment must be judged again in any
    case: if the condition is not met, the number at which it may be. None: no such number.
    """

    moment: datetime
    severity: Severity
    count: int
    met: bool = True
    value: float | None = None
    threshold: float | None = None
    base: float = 1
    rank: int = 0
    again: int | None = None

    @property
    def number(self) -> int:
        """The number that grows with the facts."""
        return self.count if self.value is None else int(self.value)

    @property
    def revision(self) -> int:
        """Severities plus doublings: a function of the facts that only grows with them."""
        return self.rank + revision(self.count if self.value is None else self.value, self.base)

    def outranks(self, other: Judgement) -> bool:
        """Whether an alert shows this judgement rather than another of the same interval."""
        mine, others = (RANK[self.severity], self.count), (RANK[other.severity], other.count)
        return mine > others or (mine == others and self.moment < other.moment)


def not_met(moment: datetime, severity: Severity, number: int = 0, again: int | None = None) -> Judgement:
    """The judgement if no level is reached: judge again from the number ``again`` on."""
    return Judgement(moment=moment, severity=severity, count=number, met=False, again=again)


def reached(thresholds: Thresholds, number: int, moment: datetime, severity: Severity) -> Judgement:
    """The judgement for a number compared with the ``at_least`` thresholds."""
    level = thresholds.at_least(number)
    if level is None:
        return not_met(moment, severity, number, math.ceil(thresholds.least))
    return Judgement(
        moment=moment,
        severity=level.severity_of(severity),
        count=number,
        value=number,
        threshold=level.number,
        base=thresholds.least,
        rank=thresholds.levels.index(level),
    )


def surpassing(revision_: int, base: float, levels: Thresholds | None) -> int:
    """The smallest number whose revision is higher than ``revision_``."""
    numbers = [level.number for level in levels.levels] if levels is not None else [base]
    return math.ceil(min(max(number, base * 2.0 ** max(0, revision_ - rank)) for rank, number in enumerate(numbers)))
