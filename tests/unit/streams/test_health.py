"""The worker's HTTP port."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from streams import health as module
from streams.health import Health, HealthServer
from streams.worker_status import WorkerStatus, total


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def served(clock: list[float]) -> Iterator[tuple[Health, str]]:
    registry = CollectorRegistry()
    Counter("newswatch_things", "Things.", ["kind"], registry=registry).labels("a").inc(3)
    health = Health(stall_seconds=60)
    with HealthServer("127.0.0.1", 0, registry, health) as server:
        yield health, f"127.0.0.1:{server.port}"


def status_of(address: str, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://{address}{path}") as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_alive_while_there_is_no_lag_or_commits_go_on(served: tuple[Health, str], clock: list[float]) -> None:
    health, address = served
    clock[0] += 1000
    assert status_of(address, "/livez") == 200
    health.lag = 5
    health.moved()
    clock[0] += 59
    assert status_of(address, "/livez") == 200


def test_not_alive_with_lag_and_no_commit(served: tuple[Health, str], clock: list[float]) -> None:
    health, address = served
    health.lag = 5
    clock[0] += 61
    assert status_of(address, "/livez") == 503
    health.moved()
    assert status_of(address, "/livez") == 200


def test_ready_only_when_it_says_so(served: tuple[Health, str]) -> None:
    health, address = served
    assert status_of(address, "/readyz") == 503
    assert not WorkerStatus(address).ready()
    health.ready = True
    assert WorkerStatus(address).ready()
    assert status_of(address, "/nowhere") == 404


def test_metrics_are_read_back(served: tuple[Health, str]) -> None:
    _, address = served
    samples = WorkerStatus(address).samples()
    assert samples["newswatch_things_total"] == [({"kind": "a"}, 3.0)]
    assert total(samples, "newswatch_things_total") == 3
    assert WorkerStatus("127.0.0.1:1").samples() == {}
