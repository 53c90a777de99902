"""Evaluate rules over articles in one process, like a stream with one worker and one partition."""

from __future__ import annotations

from datetime import datetime

from detectors.conditions.work import WorkLimitError
from detectors.engine.firing import Firing
from detectors.engine.matching import Engine
from detectors.engine.outcome import Step
from detectors.engine.partition import PartitionState
from detectors.model.article import EnrichedArticle
from detectors.model.observation import Observation


class Scan:
    """Takes articles in the order of the log. It does not flush at the end: advance event time with :meth:`until`.

    ``late``, ``dropped`` and ``bounded`` count like the stream's metrics. ``refused`` has the ids of the articles that
    the stream would make dead letters, since matching them exceeds the budget of work.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = PartitionState(engine)
        self._newest: datetime | None = None
        self.late = 0
        self.dropped = 0
        self.bounded = 0
        self.refused: list[str] = []

    def feed(self, article: EnrichedArticle) -> list[Firing]:
        """The alerts that follow from the article: its own first, then those that its event time releases."""
        try:
            reading = self._engine.read(article)
        except WorkLimitError:
            self.refused.append(article.id)
            return []
        self.dropped += reading.dropped
        self.bounded += reading.bounded
        firings = list(reading.firings)
        if reading.pulse is not None:
            self._state.pulse((reading.pulse,))
        for observation in reading.observations:
            firings += self._observe(observation)
        if self._newest is None or article.event_time > self._newest:
            self._newest = article.event_time
            firings += self._advance(article.event_time)
        return firings

    def until(self, time: datetime) -> list[Firing]:
        """The alerts that follow when event time advances to ``time`` without further articles."""
        if self._newest is not None and time <= self._newest:
            return []
        self._newest = time
        return self._advance(time)

    def settle(self, time: datetime) -> list[Firing]:
        """The alerts that follow when no article up to and including ``time`` is missing, whatever the lateness."""
        return self._advance(time, complete=True)

    def _advance(self, time: datetime, *, complete: bool = False) -> list[Firing]:
        """Advance layer by layer: a chain's input is complete once all layers below it have advanced."""
        firings: list[Firing] = []
        for depth in range(self._engine.depths):
            firings += self._take(self._state.advance(time, complete=complete, depth=depth))
        return firings

    def _observe(self, observation: Observation) -> list[Firing]:
        return self._take(self._state.observe(observation))

    def _take(self, step: Step) -> list[Firing]:
        self.late += step.late
        self.dropped += step.dropped
        self.bounded += step.bounded
        firings = list(step.firings)
        for observation in step.observations:
            firings += self._observe(observation)
        return firings
