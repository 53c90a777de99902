"""Backtest: alerts by week, and expectations of their number."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from detectors.authoring.backtest import Backtest, Expectation, junit, read_expectations
from detectors.loading.ruleset import RuleSetError, load_rules
from detectors.model.article import EnrichedArticle

RULES = """
rules:
  - {name: coups, kind: match, where: {text: coup}}
  - {name: silent, kind: match, where: {text: never}}
  - {name: mute, kind: match, where: {title: T}, publish: false}
"""


@pytest.fixture
def run(tmp_path: Path) -> Backtest:
    (tmp_path / "desk.yaml").write_text(RULES)
    made = Backtest(load_rules(tmp_path))
    for number, day in enumerate((3, 5, 12)):
        time = datetime(2025, 3, day, 10, tzinfo=UTC)
        article = EnrichedArticle(
            id=f"a{number}", title="T", text="A coup.", received_at=time, event_time=time, content_hash=f"h{number}"
        )
        made.feed(article)
        made.feed(article)
    return made


def test_alerts_by_week_count_each_id_once(run: Backtest) -> None:
    assert run.by_week() == {"coups": {date(2025, 3, 3): 2, date(2025, 3, 10): 1}}


def test_expectations(run: Backtest) -> None:
    wanted = [
        Expectation(rule="coups", at_least=2, at_most=3),
        Expectation(rule="silent", exactly=0),
        Expectation(rule="coups", exactly=2),
        Expectation(rule="coup", at_least=1),
        Expectation(rule="coups"),
    ]
    results = list(run.results(wanted))
    assert [one.problem for one in results] == [
        "",
        "",
        "expected exactly 2, found 3",
        "unknown rule 'coup'; did you mean 'coups'?",
        "expected at_least, at_most or exactly",
    ]
    suites = fromstring(junit(results))
    assert (suites.get("tests"), suites.get("failures")) == ("5", "3")


def test_a_file_of_expectations(tmp_path: Path) -> None:
    file = tmp_path / "expect.yaml"
    file.write_text("expectations:\n  - {rule: a, at_last: 1}\n")
    with pytest.raises(RuleSetError, match=r"2:15: error: .*unknown key 'at_last'; did you mean 'at_least'"):
        read_expectations(file)
