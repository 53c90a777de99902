"""Fixtures of the benchmarks: the annotated articles if present, and reports as a table and as JSON."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from streams.brokers.kafka_cluster import KafkaCluster
from tests.rigs.stream import Stream

ROOT = Path(__file__).parents[2]
GOLD = ROOT.parent / "shared" / "gold"
RESULTS = ROOT / "var" / "bench"


@pytest.fixture(scope="session")
def gold() -> Path:
    if not GOLD.is_dir():
        pytest.skip(f"NOT MEASURED: the annotated articles are not at {GOLD}")
    return GOLD


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaCluster]:
    """A broker per benchmark file, so that the data of one does not slow the next."""
    with KafkaCluster() as cluster:
        yield cluster


@pytest.fixture
def new_stream(kafka: KafkaCluster, tmp_path: Path) -> Callable[[str], Stream]:
    """Return a function that makes a stream with rules as YAML text; the stream's `with` block stops its workers."""

    def make(rules: str) -> Stream:
        name = f"b{uuid.uuid4().hex[:8]}"
        stream = Stream(kafka.bootstrap_servers, name, tmp_path / name, rules, session_timeout_seconds=10.0)
        return stream.create_topics()

    return make


@pytest.fixture
def report() -> Callable[[str, Sequence[Mapping[str, Any]]], None]:
    """Return a function that prints rows as a table and writes them to var/bench/NAME.json."""

    def write(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        table = Table(*rows[0], title=name, title_justify="left")
        for row in rows:
            table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
        Console(width=140).print("\n", table)
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(list(rows), indent=1) + "\n")

    return write
