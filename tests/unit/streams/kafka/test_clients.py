"""Why a client cannot connect, in one line."""

import logging
import time

import pytest
from kafka.errors import KafkaTimeoutError

from streams.kafka import clients
from streams.kafka.clients import BrokerUnreachableError, admin_client
from streams.settings import load_settings

LOG = logging.getLogger("kafka")


@pytest.fixture(autouse=True)
def _kafka_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a running command."""
    monkeypatch.setattr(LOG, "handlers", [])
    monkeypatch.setattr(LOG, "propagate", True)
    monkeypatch.setattr(LOG, "level", logging.NOTSET)
    LOG.manager._clear_cache()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (["KafkaConnectionError: 111 ECONNREFUSED (backoff 0.33 secs)"], "Connection refused"),
        (["KafkaConnectionError: DNS Resolution failure"], "DNS Resolution failure"),
        (["[Error 58] SaslAuthenticationFailedError: SaslAuthenticationFailedError: no (backoff 0.1 secs)"], "no"),
        (["[Error 58] SaslAuthenticationFailedError: no", "KafkaConnectionError: socket disconnected"], "no"),
        ([], "KafkaTimeoutError: bootstrap"),
    ],
)
def test_the_reason_is_the_last_one_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, said: list[str], reason: str
) -> None:
    def fail(**_: object) -> None:
        for one in said:
            log = logging.getLogger("kafka.net.manager")
            log.warning("Bootstrap connection to bootstrap-0 failed: %s", one)
            log.error("Bootstrap failed: KafkaTimeoutError: Unable to bootstrap")
        raise KafkaTimeoutError("bootstrap")

    monkeypatch.setattr(clients, "KafkaAdminClient", fail)
    with caplog.at_level(logging.WARNING), pytest.raises(BrokerUnreachableError) as raised:
        admin_client(load_settings(brokers="127.0.0.1:9"))
    assert str(raised.value) == f"no Kafka broker answers at 127.0.0.1:9 (PLAINTEXT): {reason}"
    assert caplog.records == []
    logging.getLogger("kafka.net.manager").warning("later")
    assert [record.message for record in caplog.records] == ["later"]


@pytest.mark.alone
def test_a_port_without_a_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "BOOTSTRAP_MS", 500)
    begun = time.monotonic()
    with pytest.raises(BrokerUnreachableError, match=r"127\.0\.0\.1:1 .*: Connection refused$"):
        admin_client(load_settings(brokers="127.0.0.1:1"))
    assert time.monotonic() - begun < 10
