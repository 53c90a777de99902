"""What a kind of events says of a moment: whether its condition is met there, and of which number."""

from __future__ import annotations

import math
from datetime import datetime

import msgspec

from detectors.model.alert import Severity
from detectors.rules.thresholds import RANK, Thresholds


def revision(number: float, base: float = 1) -> int:
    """1, and one more for each time that a number has doubled from ``base``."""
    return 1 + (math.floor(math.log2(number / base)) if number > base > 0 else 0)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a condition is met at a moment (``met``), and of which number.

    ``count`` is what the record says, ``base`` the count from which doublings are counted, ``rank`` the number of the
    rule's severities that lie below the one reached. ``again`` is a number from which on the moment must be judged
    again in any case: where it was not met, that at which it may be; None for none.
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
        """What grows with the facts."""
        return self.count if self.value is None else int(self.value)

    @property
    def revision(self) -> int:
        """Counts severities and doublings: a function of the facts that only grows with them."""
        return self.rank + revision(self.count if self.value is None else self.value, self.base)

    def outranks(self, other: Judgement) -> bool:
        """Whether it is the one to show of two in an interval."""
        mine, others = (RANK[self.severity], self.count), (RANK[other.severity], other.count)
        return mine > others or (mine == others and self.moment < other.moment)


def not_met(moment: datetime, severity: Severity, number: int = 0, again: int | None = None) -> Judgement:
    """The judgement where no level is reached: judge again from ``again`` on."""
    return Judgement(moment=moment, severity=severity, count=number, met=False, again=again)


def reached(thresholds: Thresholds, number: int, moment: datetime, severity: Severity) -> Judgement:
    """The judgement for a number that ``at_least`` is asked of."""
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
    """The least number whose revision is higher than this one."""
    numbers = [level.number for level in levels.levels] if levels is not None else [base]
    return math.ceil(min(max(number, base * 2.0 ** max(0, revision_ - rank)) for rank, number in enumerate(numbers)))
