"""What benchmarks share: the annotated articles where they are, and a report as a table and as JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
GOLD = ROOT.parent / "shared" / "gold"
RESULTS = ROOT / "var" / "bench"


@pytest.fixture(scope="session")
def gold() -> Path:
    if not GOLD.is_dir():
        pytest.skip(f"NOT MEASURED: the annotated articles are not at {GOLD}")
    return GOLD


@pytest.fixture
def report() -> Callable[[str, Sequence[Mapping[str, Any]]], None]:
    """Print rows as a table and write them to var/bench/NAME.json."""

    def write(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        table = Table(*rows[0], title=name, title_justify="left")
        for row in rows:
            table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
        Console(width=140).print("\n", table)
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(list(rows), indent=1) + "\n")

    return write
