"""Dashboards and alert rules of others name our metrics: names, types and labels of a release stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.monitoring.metrics import Metrics
from tests.rigs.golden import RELEASES


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
def test_metrics_of_a_release_are_still_there(release: Path) -> None:
    collectors = Metrics().registry._collector_to_names
    present = {" ".join((one._name, one._type, *one._labelnames)) for one in collectors if hasattr(one, "_labelnames")}
    golden = (release / "metrics.txt").read_text(encoding="utf-8").splitlines()
    assert golden
    assert set(golden) <= present
