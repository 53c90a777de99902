"""The gauges and ``/livez`` for the partitions that this worker owns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from time import monotonic

import msgspec
from faust.types import TP

from streams.monitoring.health import Health
from streams.monitoring.metrics import Metrics
from streams.worker.agents.open_transactions import OpenTransactions, Stable


class Reached(msgspec.Struct, frozen=True):
    """A worker's progress.

    ``done``: per owned partition of ``articles``, the offset below which everything is acknowledged; ``observed``: the
    owned partitions of ``observations``; ``ends``: the known end offsets of both; ``committed``: the committed offsets
    of all topics; ``stable``: how far the owned partitions can be read.
    """

    done: Mapping[TP, int]
    observed: Collection[TP]
    ends: Mapping[TP, int]
    committed: Mapping[TP, int]
    stable: Mapping[TP, Stable] = {}


class Gauges:
    """Updates the lag and commit gauges, and the partitions that the stall check watches."""

    def __init__(self, metrics: Metrics, health: Health) -> None:
        self._metrics = metrics
        self._health = health
        self._transactions = OpenTransactions(metrics)

    def report_failed(self) -> None:
        """Count a progress report that could not be sent."""
        self._metrics.report_failures.inc()

    def show(self, reached: Reached) -> None:
        """Show the worker's progress and remove partitions that it no longer owns."""
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
        self._transactions.show(reached.stable, monotonic())
        health.lag = sum(lags.values())
        waiting = [tp for tp in reached.observed if reached.ends.get(tp, 0) > committed.get(tp, 0)]
        behind = [*waiting, *(tp for tp, lag in lags.items() if lag)]
        health.reached({(tp.topic, tp.partition): offset for tp, offset in committed.items()}, behind)
        metrics.committed_at.set(datetime.now(UTC).timestamp() - health.stalled_for)


def _labels(tp: TP) -> tuple[str, str]:
    return tp.topic, str(tp.partition)
