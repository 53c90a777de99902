"""What tests of the stores of facts share."""

from pathlib import Path

import pytest

from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """One rule that counts blasts."""
    (tmp_path / "rules.yaml").write_text(
        "rules: [{name: blasts, kind: frequency, where: {text: blast}, window: 1h, at_least: 3}]"
    )
    return Engine(load_rules(tmp_path))


@pytest.fixture
def failures() -> list[BaseException]:
    """What ended the worker."""
    return []
