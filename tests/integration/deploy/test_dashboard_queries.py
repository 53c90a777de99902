"""Every panel of the dashboard shows data after a worker has read the samples."""

import json
import math
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from streams.processes.server_process import ServerProcess

ROOT = Path(__file__).parents[3]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "newswatch.json").read_text())
TARGETS = [
    pytest.param(target, id=f"{panel['title']}-{target['refId']}")
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", [])
]


def _filled(expression: str) -> str:
    """Replace Grafana's variables, for a range of ten minutes."""
    filled = expression.replace("$instance", ".*").replace("$__rate_interval_ms", "15000")
    filled = filled.replace("$__rate_interval", "15s").replace("$__range", "10m")
    assert "$" not in filled, f"a variable that is not replaced here: {filled}"
    return filled


@pytest.mark.parametrize("target", TARGETS)
def test_a_panel_s_query_returns_data(prometheus: Any, target: dict[str, Any]) -> None:
    now = time.time()
    expression = _filled(target["expr"])
    if target.get("instant"):
        result = prometheus.get("query", query=expression)["result"]
        values = [series["value"][1] for series in result]
    else:
        answer = prometheus.get("query_range", query=expression, start=now - 120, end=now, step=1)
        result = answer["result"]
        values = [value for series in result for _, value in series["values"]]
    assert any(math.isfinite(float(value)) for value in values), expression
    # Every label in the legend exists.
    for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
        assert all(series["metric"].get(label) for series in result), label


@pytest.mark.parametrize(
    "title", ["Articles", "Alerts", "Countries", "Themes", "Officials by class", "Dead letters by reason"]
)
def test_a_news_panel_counts_more_than_zero(prometheus: Any, title: str) -> None:
    [panel] = [panel for panel in DASHBOARD["panels"] if panel["title"] == title]
    result = prometheus.get("query", query=_filled(panel["targets"][0]["expr"]))["result"]
    assert max(float(series["value"][1]) for series in result) >= 1


def test_the_articles_panel_matches_the_worker(prometheus: Any) -> None:
    """Prometheus's extrapolated value, rounded, is close to the worker's count."""
    [panel] = [panel for panel in DASHBOARD["panels"] if panel["title"] == "Articles"]
    shown = prometheus.value(_filled(panel["targets"][0]["expr"]))
    counted = prometheus.value("sum(newswatch_articles_total)")
    assert shown == pytest.approx(counted, rel=0.15)


def test_the_worker_variable_finds_the_worker(prometheus: Any) -> None:
    [variable] = DASHBOARD["templating"]["list"]
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()
    assert len(prometheus.get(f"label/{label}/values", **{"match[]": metric})) == 1


def test_prometheus_evaluates_every_rule_without_error(prometheus: Any) -> None:
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert len(rules) >= 12
    assert {rule["name"]: rule.get("lastError", "") for rule in rules if rule["health"] != "ok"} == {}
    # A healthy worker fires no alert except the one for the dead letters among the samples.
    firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
    assert firing <= {"NewswatchDeadLetters", "NewswatchLateObservations", "NewswatchBoundReached"}


def test_promtool_accepts_the_metrics(worker_metrics: tuple[int, ServerProcess], prometheus: Any) -> None:
    del prometheus  # only so that the samples are read, and every metric has its labels
    port, _ = worker_metrics
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        exposed = answer.read()
    done = subprocess.run(["promtool", "check", "metrics"], input=exposed, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("title", "shown"),
    [("Limits reached", 1), ("Outside schedule", 1), ("Rule set on disk", 0), ("Rule set reloads", 1)],
)
def test_a_panel_about_problems_shows_them(troubled: Any, title: str, shown: float) -> None:
    [panel] = [panel for panel in DASHBOARD["panels"] if panel["title"] == title]
    assert troubled.value(_filled(panel["targets"][0]["expr"])) == shown


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NewswatchLateObservations", {"rule": "birds-counted"}),
        ("NewswatchBoundReached", {"rule": "birds-listed", "bound": "article_groups"}),
        ("NewswatchRulesRefused", {}),
    ],
)
def test_an_alert_fires_with_its_labels(troubled: Any, name: str, said: dict[str, str]) -> None:
    """It fires, or is pending if the rule has a `for`."""
    found = [alert["labels"] for alert in troubled.get("alerts")["alerts"] if alert["labels"]["alertname"] == name]
    assert any(said.items() <= labels.items() for labels in found), found


@pytest.mark.parametrize(
    ("title", "total", "unit"),
    [
        ("Alerts by severity", "newswatch_alerts_total", 60),
        ("Countries over time", 'newswatch_country_articles_total{salience="main"}', 3600),
    ],
)
def test_a_single_event_is_visible(prometheus: Any, title: str, total: str, unit: int) -> None:
    """A counter that appears with its first event has no rate, but the panel still shows each event once."""
    [panel] = [panel for panel in DASHBOARD["panels"] if panel["title"] == title]
    now = time.time() + 20  # by then all events have passed through the panel's window
    expression = re.sub(r"topk\(\d+, (.*)\)( \*)", r"(\1)\2", _filled(panel["targets"][0]["expr"]))
    found = prometheus.get("query_range", query=expression, start=now - 300, end=now, step=1)["result"]
    seen = sum(float(value) for series in found for _, value in series["values"]) / unit
    assert seen == pytest.approx(prometheus.value(f"sum({total})"), rel=0.15)


def test_a_replayed_archive_makes_no_alert_slow(troubled: Any) -> None:
    alerts = troubled.value("newswatch_article_to_alert_seconds_count")
    assert alerts >= 256
    assert troubled.value("newswatch_article_to_alert_seconds_sum") < 60 * alerts
