"""Limits per article and alert: groups, evidence, spans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from detectors.engine.matching import MOST_SPANS, Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import load_rules
from detectors.machines.events import MOST_EVIDENCE
from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle, Organisation, Span
from detectors.rules.groups import MOST_GROUPS

START = datetime(2020, 1, 1, tzinfo=UTC)


def scanned(folder: Path, rule: str, articles: list[EnrichedArticle]) -> tuple[list[Alert], Scan]:
    (folder / "desk.yaml").write_text(f"rules: [{{name: one, {rule}}}]", encoding="utf-8")
    scan = Scan(Engine(load_rules(folder)))
    return [firing.alert for article in articles for firing in scan.feed(article)], scan


def article(number: int, text: str = "A coup.", organisations: tuple[Organisation, ...] = ()) -> EnrichedArticle:
    time = START + timedelta(minutes=number)
    return EnrichedArticle(
        id=f"a{number}", text=text, received_at=time, event_time=time, organisations=organisations, content_hash="h"
    )


def test_first_256_groups_of_an_article_in_text_order(tmp_path: Path) -> None:
    names = [f"body {n:03}" for n in range(MOST_GROUPS + 44)]
    bodies = tuple(Organisation(name, mentions=(Span("text", n, n + 1, "x"),)) for n, name in enumerate(names))
    rule = "kind: frequency, window: 1h, at_least: 1, group_by: [organisation]"
    alerts, scan = scanned(tmp_path, rule, [article(0, organisations=bodies[::-1])])
    assert [alert.group["organisation"] for alert in alerts] == names[:MOST_GROUPS]
    assert scan.bounded == 1


def test_exactly_256_groups_do_not_exceed_the_limit(tmp_path: Path) -> None:
    bodies = tuple(Organisation(f"body {n:03}") for n in range(MOST_GROUPS))
    rule = "kind: frequency, window: 1h, at_least: 1, group_by: [organisation]"
    alerts, scan = scanned(tmp_path, rule, [article(0, organisations=bodies)])
    assert (len(alerts), scan.bounded) == (MOST_GROUPS, 0)


def test_an_alert_shows_at_most_20_articles_and_counts_all(tmp_path: Path) -> None:
    rule = "kind: frequency, where: {text: coup}, window: 1d, at_least: 25"
    (alert,), _ = scanned(tmp_path, rule, [article(n) for n in range(25)])
    assert alert.count == 25
    assert [one.article_id for one in alert.evidence] == [f"a{n}" for n in range(25 - MOST_EVIDENCE, 25)]


def test_an_article_shows_its_first_places(tmp_path: Path) -> None:
    (alert,), _ = scanned(tmp_path, "kind: match, where: {text: coup}", [article(0, "coup " * 1000)])
    starts = [span.start for span in alert.evidence[0].spans]
    assert starts == [5 * n for n in range(MOST_SPANS)]


def test_every_alert_has_the_version_of_its_rule_set(tmp_path: Path) -> None:
    (alert,), _ = scanned(tmp_path, "kind: match", [article(0)])
    assert alert.rule_set_version == load_rules(tmp_path).version
    (changed,), _ = scanned(tmp_path, "kind: match, severity: info", [article(0)])
    assert changed.rule_set_version != alert.rule_set_version
    assert changed.id == alert.id
