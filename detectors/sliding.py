"""A window that moves over facts: what comes in and what goes out from one moment to the next."""

from __future__ import annotations

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
