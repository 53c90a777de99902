"""Dashboards and alert rules of others name our metrics: names, types and labels of a release stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.monitoring.metrics import Metrics
from tests.rigs.golden import RELEASES

#: Not every version's folder lists its metrics: some only add state ids.
LISTED = [release for release in RELEASES if (release / "metrics.txt").exists()]


@pytest.mark.parametrize("release", LISTED, ids=lambda folder: folder.name)
def test_metrics_of_a_release_are_still_there(release: Path) -> None:
    collectors = Metrics().registry._collector_to_names
    present = {" ".join((one._name, one._type, *one._labelnames)) for one in collectors if hasattr(one, "_labelnames")}
    golden = (release / "metrics.txt").read_text(encoding="utf-8").splitlines()
    assert golden
    assert RELEASES[0] in LISTED
    assert set(golden) <= present
