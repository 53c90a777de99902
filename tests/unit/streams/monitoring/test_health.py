"""The worker's HTTP port."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from streams.monitoring import health as module
from streams.monitoring.health import Health, HealthServer, Watchdog
from streams.monitoring.scrape import WorkerStatus, total


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


ARTICLES, OBSERVATIONS = ("articles", 0), ("observations", 0)


def test_alive_while_whatever_has_something_to_do_gets_on(served: tuple[Health, str], clock: list[float]) -> None:
    health, address = served
    for offset in range(5):
        clock[0] += 59
        health.reached({ARTICLES: 7, OBSERVATIONS: offset}, [OBSERVATIONS])  # nothing new in articles
        assert status_of(address, "/livez") == 200


def test_not_alive_where_one_of_several_places_stands_still(served: tuple[Health, str], clock: list[float]) -> None:
    health, address = served
    for offset in range(2):
        health.reached({ARTICLES: offset, OBSERVATIONS: 4}, [ARTICLES, OBSERVATIONS])
        assert status_of(address, "/livez") == 200
        clock[0] += 30
    health.reached({ARTICLES: 3, OBSERVATIONS: 4}, [ARTICLES, OBSERVATIONS])
    assert status_of(address, "/livez") == 503
    health.reached({ARTICLES: 3, OBSERVATIONS: 5}, [ARTICLES, OBSERVATIONS])
    assert status_of(address, "/livez") == 200


def test_not_alive_when_nobody_says_anything(served: tuple[Health, str], clock: list[float]) -> None:
    health, address = served
    health.reached({}, [])
    clock[0] += 61
    assert status_of(address, "/livez") == 503
    health.moved()
    assert status_of(address, "/livez") == 200


def test_the_watchdog_ends_a_worker_that_hangs(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.01)
    ended: list[BaseException] = []
    told = threading.Event()
    health = Health(stall_seconds=60)
    clock[0] += 61  # the time that it takes to start is none that anything hangs
    with Watchdog(health, lambda error: (ended.append(error), told.set())):  # type: ignore[arg-type, return-value]
        assert not told.wait(0.1)
        clock[0] += 61
        health.lag = 12
        assert told.wait(5)
    assert [str(error) for error in ended] == ["nothing moved for 61 s, lag 12 records"]


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
