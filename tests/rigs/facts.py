"""Observations and facts of an engine's only rule, without extraction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.model.observation import Observation


def observations_of(engine: Engine, count: int) -> list[Observation]:
    """The rule's observations of ``count`` articles, a second apart."""
    (rule,) = engine.by_state.values()
    start = datetime(2020, 1, 1, tzinfo=UTC)
    return [
        Observation(
            rule=rule.name, state=rule.state, time=start + timedelta(seconds=n), article_id=f"a{n}", content_hash="x"
        )
        for n in range(count)
    ]


def facts_of(engine: Engine, count: int) -> list[tuple[str, bytes]]:
    """Changelog records as the detectors write them, for ``count`` articles."""
    state = PartitionState(engine)
    return [put for one in observations_of(engine, count) for put in state.observe(one).puts]
