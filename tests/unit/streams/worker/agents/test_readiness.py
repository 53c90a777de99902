"""When a worker is ready, and how long its recovery took."""

from typing import Any
from unittest.mock import create_autospec

import pytest
from faust.tables.manager import TableManager

from streams.monitoring.health import Health
from streams.monitoring.metrics import Metrics
from streams.worker.agents import readiness as module
from streams.worker.agents.readiness import Readiness


class App:
    """Faust's state of rebalances and recoveries."""

    def __init__(self) -> None:
        self.rebalancing = self.in_recovery = False
        self.tables: Any = create_autospec(TableManager, instance=True)
        self.tables.recovery.completed.is_set.return_value = True


class Worker:
    """A worker and its clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = 100.0
        monkeypatch.setattr(module, "monotonic", lambda: self.clock)
        self.app: Any = App()
        self.metrics, self.health = Metrics(), Health(stall_seconds=60)
        self.readiness = Readiness(self.app, self.metrics, self.health)

    def ready(self) -> bool:
        assert self.metrics.registry.get_sample_value("newswatch_ready") == float(self.health.ready)
        return self.health.ready


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(monkeypatch)


def test_ready_once_recovered_until_partitions_move(worker: Worker) -> None:
    readiness = worker.readiness
    assert not worker.ready()
    readiness.assigned()
    assert not worker.ready()
    worker.clock += 7
    readiness.look(restored=3)
    assert worker.ready()
    assert readiness.reading
    assert worker.metrics.registry.get_sample_value("newswatch_recovery_seconds") == 7
    worker.clock += 7
    readiness.look(restored=3)
    assert worker.metrics.registry.get_sample_value("newswatch_recovery_seconds") == 7
    readiness.moving()
    assert not worker.ready()
    assert not readiness.reading


@pytest.mark.parametrize("busy", ["rebalancing", "in_recovery", "incomplete", "no tables"])
def test_not_ready_while_facts_are_recovered(worker: Worker, busy: str) -> None:
    if busy == "incomplete":
        worker.app.tables.recovery.completed.is_set.return_value = False
    elif busy == "no tables":
        worker.app.tables = object()
    else:
        setattr(worker.app, busy, True)
    worker.readiness.assigned()
    worker.readiness.look(restored=0)
    assert not worker.ready()
    assert not worker.readiness.reading


def test_not_ready_without_a_topic_or_while_stopping(worker: Worker) -> None:
    readiness = worker.readiness
    readiness.waiting(True)
    readiness.look(restored=0)
    assert (readiness.reading, worker.ready()) == (True, False)
    readiness.waiting(False)
    readiness.look(restored=0)
    assert worker.ready()
    readiness.stopping()
    assert (readiness.reading, worker.ready()) == (True, False)


def test_that_it_is_ready_is_told_once_while_kafka_is_partly_away(worker: Worker) -> None:
    told: list[float] = []
    worker.readiness.on_ready = lambda: told.append(worker.clock)
    worker.readiness.look(restored=0)
    worker.health.kafka_lost("articles, partition 3, has no leader", partly=True)
    for _ in range(3):
        worker.readiness.look(restored=0)
    assert len(told) == 1
    worker.readiness.moving()
    worker.readiness.look(restored=0)
    assert len(told) == 2


def test_a_long_recovery_and_a_deleted_topic_are_not_stalls(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[float] = []
    monkeypatch.setattr(worker.health, "moved", lambda: moved.append(worker.clock))
    worker.app.in_recovery = True
    for restored in (5, 9, 9):
        worker.clock += 1
        worker.readiness.look(restored)
    assert moved == [101, 102]
    worker.readiness.waiting(True)
    worker.readiness.waiting(False)
    assert moved == [101, 102, 103]


def test_a_recovery_that_was_not_looked_at_yet_counts_when_partitions_move(worker: Worker) -> None:
    worker.readiness.assigned()
    worker.app.rebalancing = True
    assert worker.readiness.has_read
    worker.app.tables.recovery.completed.is_set.return_value = False
    assert not worker.readiness.has_read
    worker.app.tables.recovery.completed.is_set.return_value = True
    worker.app.in_recovery = True
    assert not worker.readiness.has_read
