"""The alerts of `newswatch scan` for a file: the reference for what workers send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from streams.cli import app


def scan(file: Path, *arguments: str) -> list[dict[str, Any]]:
    """The alerts of the command; runs in this process, which is faster."""
    done = CliRunner().invoke(app, ["scan", str(file), *arguments])
    assert done.exit_code in {0, 2}, done.output  # 2: some records are no articles
    return [json.loads(line) for line in done.stdout.splitlines()]
