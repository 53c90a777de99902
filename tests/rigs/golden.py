"""What released versions left in Kafka: one folder per release, each with its own README."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "golden"
V0_1 = GOLDEN / "v0_1"
RELEASES = sorted(folder for folder in GOLDEN.iterdir() if folder.is_dir())


def json_lines(file: Path) -> list[Any]:
    """The values of a file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
