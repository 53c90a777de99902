"""Every panel of the dashboard has a description and uses existing metrics and data sources."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.monitoring.metrics import Metrics

GRAFANA = Path(__file__).parents[3] / "deploy" / "grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards" / "newswatch.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def _sources() -> set[str]:
    folder = GRAFANA / "provisioning" / "datasources"
    return {
        source["uid"] for file in folder.glob("*.yml") for source in yaml.safe_load(file.read_text())["datasources"]
    }


def _names() -> set[str]:
    """Return the names of all series that a worker exposes."""
    names = set()
    for family in Metrics().registry.collect():
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        names.update(family.name + ending for ending in endings)
    return names


def test_panels_have_unique_ids_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    cells: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & cells, panel["title"]
        cells |= own


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_has_a_title_a_description_a_unit_and_a_known_data_source(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    for target in panel["targets"]:
        assert target["datasource"]["uid"] in _sources()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_queries_existing_metrics(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        asked = set(re.findall(r"\bnewswatch_\w+", target["expr"]))
        assert asked <= _names()
        assert asked or "ALERTS" in target["expr"]


def test_titles_are_unique_and_links_name_the_dashboard() -> None:
    titles = [panel["title"] for panel in PANELS]
    assert len(titles) == len(set(titles))
    assert DASHBOARD["uid"] == "newswatch"


def test_provisioning_uses_the_folder_that_compose_mounts() -> None:
    providers = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "newswatch.yml").read_text())["providers"]
    compose = yaml.safe_load((GRAFANA.parents[1] / "docker-compose.yml").read_text())
    mounted = {volume.split(":")[1] for volume in compose["services"]["grafana"]["volumes"]}
    assert {provider["options"]["path"] for provider in providers} <= mounted
    home = compose["services"]["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == "/etc/grafana/dashboards/newswatch.json"
