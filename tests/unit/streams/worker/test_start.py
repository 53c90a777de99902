"""A worker that starts while Kafka is away: it waits for as long as it may, unless it is refused."""

import logging
from collections.abc import Iterator

import pytest

from streams.kafka.clients import BrokerUnreachableError
from streams.settings import Settings, load_settings
from streams.worker import start as module
from streams.worker.start import brokers_answer, wait_for_brokers


class Client:
    def close(self) -> None:
        pass


class Brokers:
    """What each attempt to connect meets: a reason, or None for an answer. Each takes ten seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *met: str | None) -> None:
        self.now = 0.0
        self._met: Iterator[str | None] = iter(met)
        monkeypatch.setattr(module, "admin_client", self.connect)
        monkeypatch.setattr(module, "monotonic", lambda: self.now)
        monkeypatch.setattr(module, "sleep", lambda seconds: None)

    def connect(self, settings: Settings) -> Client:
        self.now += 10
        reason = next(self._met)
        if reason is not None:
            raise BrokerUnreachableError(settings, reason)
        return Client()


AWAY, REFUSED = "Connection refused", "SaslAuthenticationFailedError: Authentication failed"


def test_it_waits_and_says_for_how_long(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger=module.__name__)
    settings = load_settings(brokers="127.0.0.1:9")
    Brokers(monkeypatch, *[AWAY] * 30, None)
    assert not brokers_answer(settings)
    wait_for_brokers(settings)
    lines = [record.getMessage() for record in caplog.records]
    error = "no Kafka broker answers at 127.0.0.1:9 (PLAINTEXT): Connection refused"
    assert lines[0] == f"{error}; waiting for it for up to 600 s (broker_wait_seconds)"
    assert lines[1:] == [*(f"{error}; waiting for {n} min" for n in (1, 2, 4)), "Kafka answers after 300 s"]


def test_it_gives_up_after_the_time_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers = Brokers(monkeypatch, *[AWAY] * 30)
    with pytest.raises(BrokerUnreachableError, match="Connection refused"):
        wait_for_brokers(load_settings(brokers="127.0.0.1:9", broker_wait_seconds=100))
    assert brokers.now == 100


@pytest.mark.parametrize(("reason", "seconds"), [(REFUSED, 600), (AWAY, 0)])
def test_it_does_not_wait_when_refused_or_not_told_to(
    monkeypatch: pytest.MonkeyPatch, reason: str, seconds: float
) -> None:
    Brokers(monkeypatch, reason)
    with pytest.raises(BrokerUnreachableError):
        brokers_answer(load_settings(brokers="127.0.0.1:9", broker_wait_seconds=seconds))


def test_a_refusal_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers = Brokers(monkeypatch, AWAY, REFUSED)
    with pytest.raises(BrokerUnreachableError):
        wait_for_brokers(load_settings(brokers="127.0.0.1:9"))
    assert brokers.now == 20


def test_brokers_that_answer_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    Brokers(monkeypatch, None)
    assert brokers_answer(load_settings(brokers="127.0.0.1:9"))
