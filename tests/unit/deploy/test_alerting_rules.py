"""The Prometheus alerts use existing metrics, and each has a test, annotations and a severity."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.monitoring.collector_metrics import CollectorMetrics
from streams.monitoring.metrics import Metrics

PROMETHEUS = Path(__file__).parents[3] / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule
    for file in sorted((PROMETHEUS / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_severity_annotations_and_known_metrics(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")
    families = [family for made in (Metrics(), CollectorMetrics()) for family in made.registry.collect()]
    exposed = {sample for family in families for sample in (family.name, f"{family.name}_total")}
    for name in re.findall(r"\bnewswatch_\w+", rule["expr"]):
        assert re.sub(r"_(bucket|count|sum)$", "", name) in exposed


def test_every_alert_has_a_unit_test() -> None:
    cases = [
        case
        for file in sorted((PROMETHEUS / "tests").glob("*.yml"))
        for test in yaml.safe_load(file.read_text())["tests"]
        for case in test["alert_rule_test"]
    ]
    fired = {case["alertname"] for case in cases if case.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in RULES}


def test_alertmanager_routes_use_existing_receivers() -> None:
    config = yaml.safe_load((PROMETHEUS.parent / "alertmanager" / "alertmanager.yml").read_text())
    receivers = {receiver["name"] for receiver in config["receivers"]}
    assert config["route"]["receiver"] in receivers
    assert {route["receiver"] for route in config["route"]["routes"]} <= receivers
    matchers = [
        matcher for rule in config["inhibit_rules"] for matcher in rule["source_matchers"] + rule["target_matchers"]
    ]
    named = {name for matcher in matchers for name in re.split(r" =~? ", matcher)[1].split("|")}
    assert named <= {rule["alert"] for rule in RULES}
