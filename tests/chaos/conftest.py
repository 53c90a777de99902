"""Chaos tests: `make chaos` runs each fault with five seeds (SEEDS=1: with one), and prints the outcomes."""

import logging
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from tests.chaos import outcome
from tests.chaos.outcome import Outcome
from tests.chaos.stage import Stage

SEEDS = int(os.environ.get("SEEDS", "5"))
RESULTS = Path("var") / "chaos.json"

_outcomes: list[Outcome] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, SEEDS + 1))


def pytest_configure() -> None:
    logging.getLogger("kafka").setLevel(logging.ERROR)  # its clients log much about brokers that are down on purpose


@pytest.fixture
def new_stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Make a stage on a cluster; it is closed at the end."""
    made: list[Stage] = []

    def make(cluster: KafkaCluster, **options: int) -> Stage:
        rules = (Path(__file__).parent / "rules.yaml").read_text()
        name = f"c{uuid.uuid4().hex[:8]}"
        made.append(Stage(cluster.bootstrap_servers, name, tmp_path, rules, **options))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def conclude(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Wait for the end, record the outcome under the test's name, and fail unless it is good."""

    def check(stage: Stage, seed: int, fault: str = "") -> None:
        found = stage.finish(fault or request.node.originalname.removeprefix("test_").replace("_", " "), seed)
        _outcomes.append(found)
        assert found.clean, f"{found}\n{stage.logs()}\n{stage.folder}"

    return check


def pytest_terminal_summary() -> None:
    if _outcomes:
        outcome.show(_outcomes)
        outcome.write(_outcomes, RESULTS)
