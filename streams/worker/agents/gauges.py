"""What the gauges and ``/livez`` say about the partitions of this worker; of others they say nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

import msgspec
from faust.types import TP

from streams.monitoring.health import Health
from streams.monitoring.metrics import Metrics


class Reached(msgspec.Struct, frozen=True):
    """How far a worker has come.

    ``done``: its partitions of ``articles``, each to the offset below which everything is acknowledged; ``observed``:
    its partitions of ``observations``; ``ends``: the ends of both, as far as they are known; ``committed``: what is
    committed, of any topic.
    """

    done: Mapping[TP, int]
    observed: Collection[TP]
    ends: Mapping[TP, int]
    committed: Mapping[TP, int]


class Gauges:
    """Keeps the gauges of lag and commits current, and the places that may stall."""

    def __init__(self, metrics: Metrics, health: Health) -> None:
        self._metrics = metrics
        self._health = health

    def show(self, reached: Reached) -> None:
        """Show how far the worker has come; partitions that moved away disappear."""
        metrics, health, committed = self._metrics, self._health, reached.committed
        lags = {tp: max(reached.ends.get(tp, 0) - offset, 0) for tp, offset in reached.done.items()}
        metrics.lag.show({_labels(tp): lag for tp, lag in lags.items()})
        metrics.committed.show({_labels(tp): committed[tp] for tp in reached.done if tp in committed})
        metrics.observation_lag.show(
            {
                (str(tp.partition),): max(reached.ends[tp] - committed[tp], 0)
                for tp in reached.observed
                if tp in reached.ends and tp in committed
            }
        )
        health.lag = sum(lags.values())
        # Observations always have news: the reports themselves.
        behind = [*reached.observed, *(tp for tp, lag in lags.items() if lag)]
        health.reached({(tp.topic, tp.partition): offset for tp, offset in committed.items()}, behind)
        metrics.committed_at.set(datetime.now(UTC).timestamp() - health.stalled_for)


def _labels(tp: TP) -> tuple[str, str]:
    return tp.topic, str(tp.partition)
