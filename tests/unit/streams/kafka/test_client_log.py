"""The summary of kafka-python's log: brokers that go away and come back are two lines, without a traceback."""

import logging
from collections.abc import Iterator

import pytest
from kafka.errors import Cancelled

from streams.kafka.client_log import Seldom, lost_address, refusal, summarise

LOG = logging.getLogger("kafka")


@pytest.fixture(autouse=True)
def _kafka_log() -> Iterator[None]:
    """Restore the loggers for other tests."""
    before = LOG.handlers, LOG.level, LOG.propagate
    filters = [(handler, handler.filters) for handler in logging.getLogger().handlers]
    for handler, _ in filters:
        handler.filters = []
    LOG.handlers, LOG.propagate = [], True
    LOG.setLevel(logging.NOTSET)
    yield
    LOG.handlers, LOG.propagate = before[0], before[2]
    LOG.setLevel(before[1])
    for handler, own in filters:
        handler.filters = own


def test_brokers_that_go_away_and_come_back_are_two_lines(caplog: pytest.LogCaptureFixture) -> None:
    summarise()
    summarise()
    manager, cluster = logging.getLogger("kafka.net.manager"), logging.getLogger("kafka.cluster")
    for _ in range(2):
        for _ in range(3):
            manager.error("Connection failed: %s", "KafkaConnectionError: 111 ECONNREFUSED")
            cluster.error("Metadata refresh: failed %s", "KafkaConnectionError: 111 ECONNREFUSED")
            cluster.warning("No node available for metadata refresh - backoff/retry")
        for _ in range(2):
            cluster.info("Updated metadata: %s", "metadata")
    away = "the brokers do not answer, retrying: Connection refused"
    assert [record.getMessage() for record in caplog.records] == [away, "the brokers answer again"] * 2


def test_members_of_a_group_that_kafka_python_cannot_read_are_no_news(caplog: pytest.LogCaptureFixture) -> None:
    summarise()
    logging.getLogger("kafka.admin._groups").warning(
        "Unable to decode member_metadata for %s/%s", "DescribedGroup()", 1
    )
    assert caplog.records == []


def test_the_broker_that_was_lost_last_has_an_address() -> None:
    summarise()
    assert lost_address() is None
    manager, connection = logging.getLogger("kafka.net.manager"), logging.getLogger("kafka.net.connection")
    for node, host in (("bootstrap-0", "127.0.0.1"), ("1", "kafka-0.internal")):
        manager.info("Initializing connection for node_id %s at %s:%s (rack=%s)", node, host, 9092, None)
    lost = "<KafkaConnection node_id=%s broker_version=unknown (disconnected)>"
    connection.error("%s: Connection lost: %s", lost % 1, "KafkaConnectionError: DNS Resolution failure")
    assert lost_address() == "kafka-0.internal:9092"
    connection.error("%s: Connection lost: %s", lost % "bootstrap-0", "KafkaConnectionError: closed")
    assert lost_address() == "127.0.0.1:9092"


def test_a_refusal_by_brokers_that_are_back_is_logged_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    summarise()
    connection = logging.getLogger("kafka.net.connection")
    connection.error("%s: Connection lost: %s", "<KafkaConnection>", "KafkaConnectionError: socket disconnected")
    assert refusal() is None
    for _ in range(3):
        said = "[Error 58] SaslAuthenticationFailedError: Authentication failed: no"
        connection.error("%s: Connection lost: %s", "<KafkaConnection>", said)
    assert refusal() == "Authentication failed: no"
    assert [record.getMessage() for record in caplog.records] == [
        "the brokers do not answer, retrying: socket disconnected",
        "the brokers refuse the connection: Authentication failed: no",
    ]
    logging.getLogger("kafka.cluster").info("Updated metadata: %s", "metadata")
    assert refusal() is None


def test_errors_that_are_raised_anyway_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    summarise()
    slow = "Task %s ran for %.3fs (>0.100s threshold). It is blocking the event loop"
    logging.getLogger("kafka.net.selector").warning(slow, "t", 0.108)
    logging.getLogger("kafka.cluster").error("Metadata refresh: failed %s", Cancelled())
    logging.getLogger("kafka.consumer.fetcher").warning("Not authorized to read from topic %s.", "alerts")
    assert caplog.records == []


def test_errors_that_only_the_log_reports_are_logged_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    summarise()
    logging.getLogger("kafka.cluster").error("Topic %s not found in cluster metadata", "alerts")
    try:
        raise RuntimeError("no answer")
    except RuntimeError:
        logging.getLogger("kafka.coordinator").exception("Offset commit failed: may be read again")
    said = [(record.getMessage(), record.exc_info) for record in caplog.records]
    assert said == [
        ("Topic alerts not found in cluster metadata", None),
        ("Offset commit failed: may be read again no answer", None),
    ]


def test_level_info_shows_all_of_the_librarys_lines(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        summarise()
        logging.getLogger("kafka.net.manager").info("Attempting")
    assert [record.getMessage() for record in caplog.records] == ["Attempting"]


def test_repeated_lines_are_logged_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    time = [100.0]
    caplog.handler.addFilter(seldom := Seldom(clock=lambda: time[0]))
    try:
        for _ in range(3):
            logging.getLogger("aiokafka").error("Unable connect to node with id %s: %s", 1, "refused")
            logging.getLogger("aiokafka").error("Unable connect to node with id %s: %s", 2, "refused")
            logging.getLogger("streams.worker.worker").warning("ours")
        time[0] += 31
        logging.getLogger("aiokafka").error("Unable connect to node with id %s: %s", 1, "refused")
    finally:
        caplog.handler.removeFilter(seldom)
    said = [record.getMessage() for record in caplog.records]
    first, second = (f"Unable connect to node with id {number}: refused" for number in (1, 2))
    assert said == [first, second, "ours", "ours", "ours", first]


def test_a_line_that_keeps_coming_is_logged_ever_less_often() -> None:
    time = [0.0]
    seldom = Seldom(clock=lambda: time[0])
    record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, "Unable to update metadata from [1]", None, None)
    logged = []
    for second in range(2 * 3600):
        time[0] = float(second)
        if seldom.filter(record):
            logged.append(second)
    assert logged == [0, 30, 90, 210, 450, 930, 1890, 3810]
    time[0] += 4000  # it stopped, and begins again
    assert seldom.filter(record)
    time[0] += 30
    assert seldom.filter(record)
