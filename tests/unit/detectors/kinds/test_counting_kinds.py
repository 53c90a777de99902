"""Counting kinds: conflicts between their keys, defaults, and limits."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest

from detectors.engine.scan import Scan
from detectors.kinds.metric import apply
from detectors.loading.ruleset import RuleSetError
from detectors.model.article import Theme
from tests.property.detectors.harness import Given, at, engine_of, only_rule


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("kind: cardinality, of: source, window: 1h", "one of the keys 'at_least' or 'at_most' is missing"),
        (
            "kind: cardinality, of: source, window: 1h, at_least: 2, at_most: 1",
            "expected 'at_least' or 'at_most', found both",
        ),
        ("kind: ratio, count: {text: x}, window: 1h", "one of the keys 'at_least' or 'at_most' is missing"),
        ("kind: ratio, window: 1h, at_least: 1", "the key 'count' is missing"),
        ("kind: metric, value: age, function: avg, window: 1h", "one of the keys 'at_least' or 'at_most' is missing"),
        ("kind: metric, value: ages, function: avg, window: 1h, at_least: 1", "did you mean 'age'?"),
        ("kind: metric, value: age, function: p100, window: 1h, at_least: 1", "expected one of sum, avg, min, max, p1"),
        ("kind: metric, value: age, function: p0, window: 1h, at_least: 1", "found 'p0'"),
        ("kind: spike, window: 1h, factor: 2", "one of the keys 'reference' or 'same' is missing"),
        ("kind: spike, window: 1h, reference: 1d, factor: 0", "expected a number above 0"),
        ("kind: spike, window: 1h, reference: 1d, same: hour, factor: 2", "expected 'reference' or 'same', found both"),
        ("kind: spike, window: 2d, same: hour, factor: 2", "window: expected at most 1d"),
        ("kind: spike, window: 1h, reference: 1d, periods: 3, factor: 2", "'periods' goes with 'same'"),
        ("kind: spike, window: 1h, same: hour, periods: 99, factor: 2", "at least 1 and at most 52"),
        ("kind: frequency, window: 1h", "one of the keys 'at_least' or 'at_most' is missing"),
        ("kind: frequency, window: 1h, at_least: 1, at_most: 2", "expected 'at_least' or 'at_most', found both"),
        ("kind: frequency, window: 1h, at_most: 2, minimum: 3", "expected at least 'minimum' (3), found 2"),
        ("kind: frequency, window: 1h, at_most: 2, minimum: 0", "told by the kind flatline"),
        ("kind: frequency, window: 1h, at_least: 2, minimum: 2", "'minimum' goes with 'at_most'"),
        ("kind: spike, window: 1h, reference: 1d, factor: 2, direction: upp", "did you mean 'up'?"),
        ("kind: spike, window: 1h, reference: 1d, factor: 2, at_least: {warning: 2}", "expected a whole number"),
        ("kind: flatline, window: 1h, groups: [a]", "'groups' needs 'group_by', which names their fields"),
        ("kind: flatline, window: 1h, group_by: source, groups: lst", "expected the name of a list"),
        ("kind: flatline, window: 1h, group_by: country, groups: [Kazakstan]", "did you mean 'Kazakhstan'?"),
        (
            "kind: flatline, window: 1h, group_by: [country, source], groups: [KAZ]",
            "expected a value for each of country, source, found 'KAZ'",
        ),
        (
            "kind: flatline, window: 1h, group_by: [country, source], groups: [{country: KAZ}]",
            "expected the keys country, source, found country",
        ),
        ("kind: flatline, window: 1h, below: 0", "expected a whole number, at least 1"),
        ("kind: frequency, at_least: 2", "the key 'window' is missing"),
        ("kind: frequency, window: 1h, at_least: 2, for: 1h, every: 0s", "expected a duration above 0"),
        ("kind: match, for: 1h", "unknown key 'for'"),
        ("kind: together, steps: [{text: a}, {text: b}], window: 1h, clear: 1", "unknown key 'clear'"),
        ("kind: match, window: 1h", "unknown key 'window'"),
    ],
)
def test_invalid_keys_are_reported(rule: str, says: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        engine_of(f"name: r, {rule}")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "throttle"),
    [
        ("kind: match", timedelta(hours=24)),
        ("kind: frequency, window: 6h, at_least: 2", timedelta(hours=6)),
        ("kind: frequency, window: 6h, at_least: 2, for: 1h", timedelta()),
        ("kind: frequency, window: 6h, at_least: 2, clear: 1", timedelta()),
        ("kind: cardinality, of: source, window: 6h, at_least: 2", timedelta(hours=6)),
        ("kind: cardinality, of: source, window: 6h, at_most: 2", timedelta()),
        ("kind: spike, window: 1h, reference: 1d, factor: 2", timedelta()),
        ("kind: flatline, window: 1h", timedelta()),
    ],
)
def test_throttle_defaults_to_the_window_for_events_and_zero_for_states(rule: str, throttle: timedelta) -> None:
    assert only_rule(engine_of(f"name: r, {rule}")).throttle == throttle


@pytest.mark.parametrize(
    ("function", "numbers", "result"),
    [
        ("sum", [0.1] * 10, 1.0),
        ("sum", [1e16, 1.0, -1e16], 1.0),
        ("avg", [1, 2], 1.5),
        ("min", [3, -1], -1),
        ("max", [3, -1], 3),
        ("p50", [1, 2, 3, 4], 2),
        ("p50", [5], 5),
        ("p1", list(range(1, 201)), 2),
        ("p99", list(range(1, 101)), 99),
        ("p99", list(range(1, 102)), 100),
    ],
)
def test_metric_functions(function: str, numbers: list[float], result: float) -> None:
    assert apply(function, numbers) == result


@pytest.mark.parametrize("kind", ["corroborated", "frequency, distinct: source", "cardinality, of: source"])
@pytest.mark.parametrize(("sources", "fires"), [((None, None), 0), (("", " "), 0), (("a", None), 0), (("a", "b"), 1)])
def test_an_unknown_source_is_no_other_one(kind: str, sources: tuple[str | None, str | None], fires: int) -> None:
    scan = Scan(engine_of(f"name: r, kind: {kind}, window: 1h, at_least: 2"))
    fired = [scan.feed(Given(n, f"a{n}", source=source).enriched()) for n, source in enumerate(sources)]
    assert sum(map(len, fired)) == fires


def test_number_too_large_to_compute_with_is_ignored() -> None:
    engine = engine_of("name: r, kind: metric, value: meta.n, function: sum, at_least: 1, window: 1h")
    scan = Scan(engine)
    for name, number in (("a", 10**400), ("b", 1e308), ("c", 5)):
        scan.feed(Given(0, name, meta=(("n", number),)).enriched())
    (alert,) = (firing.alert for firing in scan.until(at(90)))
    assert (alert.value, alert.count) == (5, 1)


def test_largest_score_of_the_themes_that_met_the_condition() -> None:
    engine = engine_of(
        "name: r, kind: metric, where: {theme: {is: [energy, cyber], score: {lt: 0.9}}}, value: theme.score, "
        "function: max, at_least: 0, window: 1h"
    )
    article = Given(0, "a", themes=(("energy", 0.2), ("cyber", 0.95), ("sanctions", 0.8))).enriched()
    assert article.themes[0] == Theme("energy", 0.2)
    scan = Scan(engine)
    scan.feed(article)
    (alert,) = (firing.alert for firing in scan.until(at(90)))
    assert alert.value == 0.2


def test_facts_over_the_limit_are_evicted_oldest_first_and_counted() -> None:
    engine = engine_of("name: r, kind: frequency, window: 10h, at_least: 4")
    with patch("detectors.facts.facts.MOST_FACTS", 3):
        scan = Scan(engine)
        fired = [scan.feed(Given(minute, f"a{minute}").enriched()) for minute in range(5)]
    assert scan.bounded == 2
    assert len([one for one in fired if one]) == 1, (
        "the fourth article is there when it is judged, and then the first goes"
    )


def test_groups_over_the_limit_are_evicted_longest_unseen_first_and_counted() -> None:
    engine = engine_of("name: r, kind: frequency, window: 10h, at_least: 2, group_by: source")
    with patch("detectors.engine.partition.MOST_GROUPS", 2):
        scan = Scan(engine)
        fired = []
        for minute, source in enumerate("abacba"):
            fired += [
                one.alert.group["source"] for one in scan.feed(Given(minute, f"{minute}", source=source).enriched())
            ]
    assert scan.bounded == 3
    assert fired == ["a"], "b went when c came, c when b came back, a last"


# Each is a copy of its two neighbours, every third is earliest: choosing in order of time misses the best choice.
ROW = [(place // 2, (place + 1) // 2) for place in sorted(range(70), key=lambda place: place % 3 != 1)]


@pytest.mark.parametrize(
    ("copies", "distinct", "counted"),
    [
        (ROW, "story", True),
        (ROW[:30], "story", False),
        (ROW, "article", False),
        ([(0, number) for number in range(70)], "story", False),  # all are copies: one story, whichever is chosen
    ],
)
def test_too_many_linked_articles_are_counted_when_stories_may_be_missed(
    copies: list[tuple[int, int]], distinct: str, counted: bool
) -> None:
    scan = Scan(engine_of(f"name: r, kind: frequency, window: 10h, at_least: 1, distinct: {distinct}"))
    for number, story in enumerate(copies):
        scan.feed(Given(number, f"a{number}", story=story).enriched())
    assert bool(scan.bounded) == counted


def test_late_articles_reach_only_match_and_are_counted() -> None:
    rules = "rules: [{name: m, kind: match}, {name: f, kind: frequency, window: 1h, at_least: 1}]"
    scan = Scan(engine_of(rules))
    scan.feed(Given(300, "a").enriched())
    fired = scan.feed(Given(200, "b").enriched())
    assert [one.alert.rule for one in fired] == ["m"]
    assert scan.late == 1


def test_in_a_group_of_a_theme_the_score_is_of_that_theme() -> None:
    engine = engine_of(
        "name: r, kind: metric, value: theme.score, function: max, at_least: 0, window: 1h, group_by: theme"
    )
    scan = Scan(engine)
    scan.feed(Given(0, "a", themes=(("energy", 0.2), ("cyber", 0.9))).enriched())
    found = {firing.alert.group["theme"]: firing.alert.value for firing in scan.until(at(90)) if firing}
    assert found == {"energy": 0.2, "cyber": 0.9}
