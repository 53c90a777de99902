"""What all tests share: brokers, names that no other test uses, and marks that follow from what a test uses."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from streams.brokers.embedded import EmbeddedBroker
from streams.brokers.kafka_cluster import KafkaCluster
from streams.brokers.kafka_jars import KafkaUnavailableError

#: By mark: the fixtures from which it follows, their own fixtures' users included.
MARKS = {"kafka": {"kafka", "new_stage"}, "broker": {"embedded_broker", "brokers"}}
#: Folders whose tests take minutes each.
LONG = {"bench", "chaos", "soak"}
TESTS = Path(__file__).parent

_missing = pytest.StashKey[str]()
_REPORTED = "why Apache Kafka cannot be had"

# `make test-fast`; tests that set their number of examples themselves ask tests/rigs/examples.py for it.
settings.register_profile("fast", max_examples=10, deadline=None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it starts; nobody has to remember it."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        used |= {value for value in parameters.values() if isinstance(value, str)}  # a fixture chosen by its name
        for mark, fixtures in MARKS.items():
            if used & fixtures:
                item.add_marker(mark)
        if item.path.relative_to(TESTS).parts[0] in LONG:
            item.add_marker("slow")


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[KafkaCluster]:
    """One Apache Kafka broker for the whole session; do not kill it, take a cluster of your own for that.

    Without Java or Maven its tests are skipped and the end of the run says so; with NEWSWATCH_REQUIRE_KAFKA set, as in
    `.ci/run`, they fail.
    """
    # It looks for transactions that are open for too long every second, not every ten.
    cluster = KafkaCluster(properties={"transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000"})
    try:
        cluster.start()
    except KafkaUnavailableError as reason:
        if os.environ.get("NEWSWATCH_REQUIRE_KAFKA"):
            pytest.fail(f"Apache Kafka is required here, and cannot be had: {reason}")
        request.config.stash[_missing] = str(reason)
        getattr(request.config, "workeroutput", {})[_REPORTED] = str(reason)
        pytest.skip(f"NOT RUN AGAINST APACHE KAFKA: {reason}")
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """One embedded broker for the whole session."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def prefix() -> str:
    """Give a beginning for topic names, groups and application ids that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Where tests run in several processes, tell the one that prints."""
    if reason := getattr(node, "workeroutput", {}).get(_REPORTED):
        node.config.stash[_missing] = reason


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say at the end, in words that cannot be overlooked, what was not tested."""
    reason = config.stash.get(_missing, "")
    if reason:
        terminalreporter.section("APACHE KAFKA WAS NOT TESTED", red=True, bold=True)
        terminalreporter.line(reason)
