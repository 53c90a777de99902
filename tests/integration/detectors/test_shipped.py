"""The shipped rules on the sample articles: the alerts that they give, and none on noise.

`alerts_on_samples.txt` is what an analyst would read. After a deliberate change of rules or extraction, regenerate it:

    NEWSWATCH_UPDATE_GOLDEN=1 pytest tests/integration/detectors/test_shipped.py

and read the diff.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import RuleSet, load_rules
from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import enrich_lines
from streams.sources.files import read_lines

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "rules"
SAMPLES = ROOT / "streams" / "data" / "samples" / "articles.jsonl"
GOLDEN = Path(__file__).parent / "alerts_on_samples.txt"
#: Thirty days after the last threat of sanctions among the samples, so that what did not follow is known.
HORIZON = datetime(2025, 4, 25, tzinfo=UTC)
#: Articles on which no rule may fire: sport, food, culture, the business of one firm.
NOISE = {"sc-20250312-03", "cp-20250314-03"}
QUIET_OUTLET, BUT_FOR = "harbour-gazette.example", "hg-20250313-02"


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules(RULES)


@pytest.fixture(scope="module")
def alerts(rules: RuleSet) -> list[Alert]:
    """Every alert in its last revision, in order of start."""
    scan = Scan(Engine(rules))
    firings = []
    for article in enrich_lines(Extractor(), read_lines([SAMPLES]), datetime(2025, 4, 1, tzinfo=UTC)):
        if isinstance(article, EnrichedArticle):
            firings += scan.feed(article)
    firings += scan.until(HORIZON)
    last = {firing.alert.id: firing.alert for firing in firings}
    return sorted(last.values(), key=lambda alert: (alert.starts_at, alert.rule, str(alert.group)))


def line(alert: Alert) -> str:
    group = " ".join("/".join(value) if isinstance(value, tuple) else str(value) for value in alert.group.values())
    evidence = " ".join(evidence.article_id for evidence in alert.evidence)
    began = f"{alert.starts_at:%d %b %H:%M}"
    return f"{began} | {alert.rule} | {alert.severity} | {alert.state} | {group} | {evidence}".replace("|  |", "| - |")


def test_alerts_of_the_samples(alerts: list[Alert]) -> None:
    found = "".join(line(alert) + "\n" for alert in alerts)
    if os.environ.get("NEWSWATCH_UPDATE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_no_alert_is_based_on_noise(alerts: list[Alert]) -> None:
    for alert in alerts:
        for evidence in alert.evidence:
            assert evidence.article_id not in NOISE, alert.rule
            assert evidence.source != QUIET_OUTLET or evidence.article_id == BUT_FOR, alert.rule


def test_a_near_copy_causes_no_second_alert_of_a_story(alerts: list[Alert]) -> None:
    for original, copy in (("mw-20250313-01", "sc-20250313-02"), ("mw-20250313-04", "hg-20250313-02")):
        per_story = [
            alert
            for alert in alerts
            if alert.kind == "match" and not alert.group and alert.evidence[-1].article_id in {original, copy}
        ]
        assert per_story
        assert len({alert.rule for alert in per_story}) == len(per_story)


def test_every_summary_is_rendered(alerts: list[Alert]) -> None:
    for alert in alerts:
        summary = alert.annotations["summary"]
        assert summary
        assert "{{" not in summary, f"{alert.rule}: {summary}"
        assert not summary.rstrip().endswith(":"), f"{alert.rule}: {summary}"


def test_every_rule_has_what_a_desk_needs(rules: RuleSet) -> None:
    assert len(rules.rules) >= 50
    for rule in rules.rules:
        assert rule.description
        assert "desk" in rule.labels
        assert rule.tags
        assert {"author", "runbook"} <= set(rule.info)
        assert "summary" in rule.annotations
