"""What follows from an observation or the watermark: what to send, write and count."""

from __future__ import annotations

from typing import Literal

import msgspec

from detectors.engine.firing import Firing
from detectors.model.observation import Observation


class Limit(msgspec.Struct, frozen=True):
    """Something that a metric counts: how often a rule met a late observation, a closed schedule or a limit."""

    rule: str
    what: Literal["late", "schedule", "facts", "groups", "linked", "article_groups", "unknown", "failed"]
    number: int = 1
    reason: str = ""
    """For ``failed``: the error that a detector ended with."""


class Limited(msgspec.Struct, frozen=True, kw_only=True):
    """A result with ``limits``: those that were met, with their rules, for metrics."""

    limits: tuple[Limit, ...] = ()

    def _sum(self, what: str) -> int:
        return sum(limit.number for limit in self.limits if limit.what == what)

    @property
    def late(self) -> int:
        """Number of observations behind the watermark."""
        return self._sum("late")

    @property
    def dropped(self) -> int:
        """Number of moments at which a closed schedule held an alert back."""
        return self._sum("schedule")

    @property
    def bounded(self) -> int:
        """How often a limit was reached: facts or groups evicted, groups of an article skipped, too many linked
        articles to try all choices.
        """
        return sum(map(self._sum, ("facts", "groups", "article_groups", "linked")))


class Step(Limited, frozen=True):
    """What follows from an observation or the watermark.

    Apply it in this order: send ``firings`` and ``observations`` (for chains) and await them; write ``puts`` and await
    them; delete ``deletes``; acknowledge.
    """

    firings: tuple[Firing, ...] = ()
    puts: tuple[tuple[str, bytes], ...] = ()
    deletes: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()

    @property
    def sends(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self.firings or self.observations)
