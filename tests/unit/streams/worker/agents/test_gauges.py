"""A worker's gauges for the partitions that it owns, and for those that moved away."""

import time

import pytest
from faust.types import TP

from streams.monitoring import health as health_module
from streams.monitoring.health import Health
from streams.monitoring.metrics import Metrics
from streams.worker.agents.gauges import Gauges, Reached


class Owner:
    """A worker with given committed offsets of ``articles`` and ``observations``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = 1000.0
        monkeypatch.setattr(health_module, "monotonic", lambda: self.clock)
        self.committed: dict[TP, int] = {}
        self.metrics = Metrics()
        self.health = Health(stall_seconds=60)
        self.gauges = Gauges(self.metrics, self.health)

    def show(self, done: dict[int, int], ends: dict[int, int], observations: dict[int, tuple[int, int]]) -> None:
        read = {TP("articles", partition): offset for partition, offset in done.items()}
        ends_ = {TP("articles", partition): end for partition, end in ends.items()}
        observed = [TP("observations", partition) for partition in observations]
        self.committed |= read | {TP("observations", partition): read for partition, (read, _) in observations.items()}
        ends_ |= {TP("observations", partition): end for partition, (_, end) in observations.items()}
        self.gauges.show(Reached(done=read, observed=observed, ends=ends_, committed=dict(self.committed)))

    def shown(self, name: str) -> dict[str, float]:
        families = self.metrics.registry.collect()
        return {s.labels.get("partition", ""): s.value for f in families for s in f.samples if s.name == name}


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Owner:
    return Owner(monkeypatch)


def test_partitions_that_moved_away_disappear(owner: Owner) -> None:
    owner.show({0: 5, 1: 7}, {0: 5, 1: 10, 2: 4}, {0: (90, 95), 1: (80, 80)})
    assert owner.shown("newswatch_consumer_lag_records") == {"0": 0, "1": 3}
    assert owner.shown("newswatch_committed_offset") == {"0": 5, "1": 7}
    assert owner.shown("newswatch_observation_lag_records") == {"0": 5, "1": 0}
    assert owner.health.lag == 3
    owner.show({1: 9}, {0: 50, 1: 10, 2: 4}, {1: (81, 85)})
    assert owner.shown("newswatch_consumer_lag_records") == {"1": 1}
    assert owner.shown("newswatch_committed_offset") == {"1": 9}
    assert owner.shown("newswatch_observation_lag_records") == {"1": 4}


def test_the_commit_age_is_that_of_the_slowest_partition(owner: Owner) -> None:
    """Progress reports are committed each second, so a recent commit does not show that no partition hangs."""
    waited = []
    for report in range(4):
        owner.show({0: 5, 1: report}, {0: 9, 1: report}, {0: (90 + report, 91 + report)})
        waited.append(round(time.time() - owner.shown("newswatch_committed_timestamp_seconds")[""]))
        owner.clock += 10
    assert waited == [0, 10, 20, 30]


def test_partitions_of_observations_can_stall_too(owner: Owner) -> None:
    tp = TP("observations", 0)
    for _ in range(2):
        assert owner.health.alive
        owner.gauges.show(Reached(done={}, observed=[tp], ends={tp: 9}, committed={tp: 8}))
        owner.clock += 31
    assert not owner.health.alive
    assert owner.shown("newswatch_observation_lag_records") == {"0": 1}
