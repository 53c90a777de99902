"""What follows from one observation, or from the watermark: to send, to write, to count."""

from __future__ import annotations

from typing import Literal

import msgspec

from detectors.engine.firing import Firing
from detectors.model.observation import Observation


class Limit(msgspec.Struct, frozen=True):
    """Something that a metric counts: how often a rule met late observations, a closed schedule, a bound."""

    rule: str
    what: Literal["late", "schedule", "facts", "groups", "linked", "article_groups", "unknown"]
    number: int = 1


class Limited(msgspec.Struct, frozen=True, kw_only=True):
    """What has ``limits``: each that was met, with its rule, for metrics."""

    limits: tuple[Limit, ...] = ()

    def _sum(self, what: str) -> int:
        return sum(limit.number for limit in self.limits if limit.what == what)

    @property
    def late(self) -> int:
        """Observations behind the watermark."""
        return self._sum("late")

    @property
    def dropped(self) -> int:
        """Moments at which an alert was held back since its schedule was closed."""
        return self._sum("schedule")

    @property
    def bounded(self) -> int:
        """How often a bound was reached: facts and groups pushed out, groups of an article left out, more linked
        articles than are tried out.
        """
        return sum(map(self._sum, ("facts", "groups", "article_groups", "linked")))


class Step(Limited, frozen=True):
    """What follows from an observation or from the watermark.

    In this order: send ``firings`` and ``observations`` (for chains), await them; write ``puts``, await them; delete
    ``deletes``; acknowledge.
    """

    firings: tuple[Firing, ...] = ()
    puts: tuple[tuple[str, bytes], ...] = ()
    deletes: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()
