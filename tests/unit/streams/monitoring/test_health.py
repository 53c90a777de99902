"""Whether a worker is alive: progress wherever there is work."""

import threading

import pytest

from streams.monitoring import health as module
from streams.monitoring.health import Health, Watchdog


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


ARTICLES, OBSERVATIONS = ("articles", 0), ("observations", 0)


def test_alive_while_every_place_with_work_makes_progress(clock: list[float]) -> None:
    health = Health(stall_seconds=60)
    for offset in range(5):
        clock[0] += 59
        health.reached({ARTICLES: 7, OBSERVATIONS: offset}, [OBSERVATIONS])  # nothing new in articles
        assert health.alive


def test_not_alive_if_one_of_several_places_stalls(clock: list[float]) -> None:
    health = Health(stall_seconds=60)
    for offset in range(2):
        health.reached({ARTICLES: offset, OBSERVATIONS: 4}, [ARTICLES, OBSERVATIONS])
        assert health.alive
        clock[0] += 30
    health.reached({ARTICLES: 3, OBSERVATIONS: 4}, [ARTICLES, OBSERVATIONS])
    assert not health.alive
    health.reached({ARTICLES: 3, OBSERVATIONS: 5}, [ARTICLES, OBSERVATIONS])
    assert health.alive


def test_not_alive_without_any_report(clock: list[float]) -> None:
    health = Health(stall_seconds=60)
    health.reached({}, [])
    clock[0] += 61
    assert not health.alive
    health.moved()
    assert health.alive


def test_the_watchdog_ends_a_worker_that_hangs(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.01)
    ended: list[BaseException] = []
    told = threading.Event()
    health = Health(stall_seconds=60)
    clock[0] += 61  # the time to start is not a stall
    with Watchdog(health, lambda error: (ended.append(error), told.set())):  # type: ignore[arg-type, return-value]
        assert not told.wait(0.1)
        clock[0] += 61
        health.lag = 12
        assert told.wait(5)
    assert [str(error) for error in ended] == ["no progress for 61 s, lag 12 records"]
