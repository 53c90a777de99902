"""A window that moves over facts: what comes in and what goes out from one moment to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from detectors.facts import Fact, Facts


def slide(
    facts: Facts, moments: Sequence[datetime], window: timedelta
) -> Iterator[tuple[datetime, list[Fact], list[Fact]]]:
    """For each of ``moments``, in order: the facts that (moment - window, moment] has gained and lost since the last.

    All of them together are gone through once, however many moments there are.
    """
    if not moments:
        return
    span = facts.between(moments[0] - window, moments[-1])
    came = went = 0
    for moment in moments:
        first = came
        while came < len(span) and span[came].time <= moment:
            came += 1
        lost = went
        while went < came and span[went].time <= moment - window:
            went += 1
        yield moment, span[first:came], span[lost:went]


def slide_counts(
    facts: Facts, moments: Sequence[datetime], window: timedelta, distinct: str
) -> Iterator[tuple[datetime, int]]:
    """For each of ``moments``, in order: how many alerts, or rules, (moment - window, moment] holds."""
    present: Counter[str | None] = Counter()
    for moment, came, went in slide(facts, moments, window):
        for some, sign in ((came, 1), (went, -1)):
            for fact in some:
                what = fact.distinct if distinct == "rule" else fact.article_id
                present[what] += sign
                if not present[what]:
                    del present[what]
        yield moment, len(present)
