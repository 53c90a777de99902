"""Errors of a chain that depend on other rules name those rules."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import RuleSetError, load_rules
from detectors.model.article import EnrichedArticle
from detectors.rules.schedule import Opening, Schedule

BELOW = """
  - {name: coups, kind: match, where: {text: coup}, once_per: country, tags: [unrest], lateness: 3h}
  - {name: strikes, kind: frequency, where: {text: strike}, window: 1h, at_least: 1, group_by: [country]}
"""


def load(folder: Path, *chains: str):
    (folder / "rules.yaml").write_text(
        f"rules:{BELOW}" + "".join(f"  - {{kind: chain, {chain}}}\n" for chain in chains)
    )
    return load_rules(folder, linting=True)


@pytest.mark.parametrize(
    ("absence", "message"),
    [
        (
            "after: {alerts: {rules: [coup]}}, without: {alerts: {tags: [x]}}",
            "unknown rule 'coup'; did you mean 'coups'?",
        ),
        ("after: {alerts: {rules: [coups]}}, without: {text: a}", "expected the same as in 'after'"),
        ("after: {alerts: {rules: [coups]}, text: a}, without: {text: a}", "expected only 'alerts'"),
        ("after: {alerts: {rules: [a]}}, without: {alerts: {rules: [coups]}}", "chains form a cycle: a -> a"),
    ],
)
def test_an_absence_over_alerts_that_is_wrong(tmp_path: Path, absence: str, message: str) -> None:
    rule = f"  - {{name: a, kind: absence, within: 1d, {absence}}}\n"
    (tmp_path / "rules.yaml").write_text(f"rules:{BELOW}{rule}")
    with pytest.raises(RuleSetError) as caught:
        load_rules(tmp_path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("chains", "message"),
    [
        (
            ["name: a, alerts: {rules: [coup]}, at_least: 1, window: 1d"],
            "rules.yaml:4:5: error: a.alerts: unknown rule 'coup'; did you mean 'coups'?",
        ),
        (
            ["name: a, steps: [{rules: [coups]}, {rules: [strike]}], window: 1d"],
            "rules.yaml:4:5: error: a.steps[1]: unknown rule 'strike'; did you mean 'strikes'?",
        ),
        (
            ["name: a, alerts: {tags: [loop]}, at_least: 1, window: 1d, tags: [loop]"],
            "rules.yaml:4:5: error: a.alerts: chains form a cycle: a -> a",
        ),
        (
            [
                "name: c, steps: [{rules: [b, coups]}], window: 1d",
                "name: b, alerts: {tags: [loop]}, at_least: 1, window: 1d",
                "name: a, steps: [{rules: [c]}], window: 1d, tags: [loop]",
            ],
            "rules.yaml:6:5: error: a.steps: chains form a cycle: a -> c -> b -> a",
        ),
        (["name: a, steps: [{rules: [coups]}], in_order: true, window: 1d"], "'in_order' goes with two or more steps"),
        (["name: a, window: 1d"], "a chain needs alerts (with at_least) or steps"),
        (
            ["name: a, alerts: {rules: [coups]}, window: 1d"],
            "the key 'at_least' is missing: the minimum number of alerts",
        ),
        (
            ["name: a, alerts: {rules: [coups]}, at_least: 1, steps: [{rules: [coups]}], window: 1d"],
            "a chain has either alerts or steps, found both",
        ),
        (
            ["name: a, alerts: {}, at_least: 1, window: 1d"],
            "expected the names or tags of rules, found an empty mapping",
        ),
        (["name: a, alerts: coups, at_least: 1, window: 1d"], "expected alerts such as {rules: [NAME], tags: [TAG]}"),
        (
            ["name: a, alerts: {rules: [coups]}, at_least: 1, distinct: rules, window: 1d"],
            "unknown way to count 'rules': expected one of alert, rule; did you mean 'rule'?",
        ),
    ],
)
def test_invalid_chain_is_reported(tmp_path: Path, chains: list[str], message: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        load(tmp_path, *chains)
    assert message in str(caught.value)


def test_condition_on_articles_in_a_chain_gives_a_warning(tmp_path: Path) -> None:
    rules = load(tmp_path, "name: a, where: {text: coup}, alerts: {rules: [coups]}, at_least: 1, window: 1d")
    (warning,) = rules.warnings
    assert "a chain reads alerts, not articles: put this condition into the rules that it reads" in str(warning)


def test_chain_is_a_layer_above_its_inputs_and_waits_for_them(tmp_path: Path) -> None:
    engine = Engine(
        load(
            tmp_path,
            "name: high, steps: [{rules: [low]}, {rules: [strikes]}], window: 1d, lateness: 10m",
            "name: low, alerts: {tags: [unrest]}, at_least: 2, window: 1d",
        )
    )
    assert engine.depth_of == {"coups": 0, "strikes": 0, "high": 2, "low": 1}
    assert engine.depths == 3
    assert {name: late.total_seconds() / 3600 for name, late in engine.lateness_of.items()} == {
        "coups": 3,
        "strikes": 1,
        "high": 3,
        "low": 3,
    }


def test_a_chain_waits_for_states_that_a_schedule_holds_back(tmp_path: Path) -> None:
    """The state began at 01:15, the schedule opens at 08:00, and event time advances in steps of ten minutes."""
    (tmp_path / "rules.yaml").write_text("""
rules:
  - name: low
    kind: metric
    value: meta.tone
    function: avg
    at_most: -1
    window: 1h
    schedule: {hours: '08:00-20:00'}
  - {name: after, kind: chain, alerts: {rules: [low]}, at_least: 1, window: 2h}
""")
    engine = Engine(load_rules(tmp_path))
    assert engine.lateness_of["after"] == timedelta(hours=1 + 12 + 2)
    scan = Scan(engine)
    firings = []
    start = datetime(2025, 3, 3, 1, 10, tzinfo=UTC)
    for number in range(60):
        moment = start + timedelta(minutes=10 * number)
        article = EnrichedArticle(
            id=f"a{number}", text="Nothing.", received_at=moment, event_time=moment, meta={"tone": -3}
        )
        firings += scan.feed(article)
    assert [(one.alert.rule, one.alert.starts_at.isoformat()) for one in firings] == [
        ("low", "2025-03-03T01:15:00+00:00"),
        ("after", "2025-03-03T01:15:00+00:00"),
    ]
    assert scan.late == 0


@pytest.mark.parametrize(
    ("openings", "hours"),
    [
        ((), 0),
        ((Opening("UTC", tuple(range(7)), 0, 24 * 60),), 0),
        ((Opening("Asia/Dushanbe", tuple(range(7)), 8 * 60, 20 * 60),), 12 + 2),
        ((Opening("UTC", (0, 1, 2, 3, 4), 9 * 60, 17 * 60),), 64 + 2),
        ((Opening("UTC", (0,), 0, 24 * 60), Opening("UTC", (3,), 22 * 60, 4 * 60)), 2 * 24 + 22 + 2),
    ],
)
def test_longest_time_that_a_schedule_is_closed(openings: tuple[Opening, ...], hours: int) -> None:
    assert Schedule(openings).longest_closed() == timedelta(hours=hours)
