"""What is counted, and under which labels: known values, and a limited number of claimed ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Gauge, generate_latest

from detectors.engine.matching import Engine
from detectors.engine.outcome import Limit
from detectors.engine.partition import PartitionState
from detectors.loading.ruleset import RuleSet, load_rules
from detectors.model.article import EnrichedArticle, Organisation
from detectors.rules.groups import MOST_GROUPS
from streams.monitoring.claimed_labels import MAX_LABEL
from streams.monitoring.metrics import MAX_LANGUAGES, MAX_SOURCES, Metrics

NOW = datetime(2025, 4, 1, tzinfo=UTC)


def article(*, id: str = "a", text: str = "x", time: datetime = NOW, **given: Any) -> EnrichedArticle:  # noqa: A002
    return EnrichedArticle(id=id, text=text, received_at=time, event_time=time, content_hash="", **given)


def series(metrics: Metrics, name: str) -> list[tuple[dict[str, str], float]]:
    samples = (sample for family in metrics.registry.collect() for sample in family.samples)
    return [(sample.labels, sample.value) for sample in samples if sample.name == name]


@pytest.mark.parametrize(("field", "most"), [("source", MAX_SOURCES), ("language", MAX_LANGUAGES)])
def test_values_that_articles_claim_make_a_limited_number_of_labels(field: str, most: int) -> None:
    metrics = Metrics()
    for number in range(most + 50):
        for _ in range(2):
            metrics.count_article(article(**{field: f"claimed-{number}"}))
    counted = {labels[field]: value for labels, value in series(metrics, f"newswatch_{field}_articles_total")}
    assert len(counted) == most + 1
    assert counted["other"] == 100


def test_invented_outlets_do_not_keep_a_real_one_out() -> None:
    """The counter of each outlet only rises while its series lasts, and no article is counted twice."""
    metrics = Metrics()
    for number in range(MAX_SOURCES):
        metrics.count_article(article(source=f"invented-{number}"))
    for number in range(100):
        metrics.count_article(article(source="reuters.com"))
        metrics.count_article(article(source=f"also-invented-{number}"))
    counted = {labels["source"]: value for labels, value in series(metrics, "newswatch_source_articles_total")}
    assert counted["reuters.com"] == 99  # the first one might have been invented
    assert counted["other"] == 101
    assert len(counted) == MAX_SOURCES + 1


@pytest.mark.parametrize(("claimed", "label"), [(None, "unknown"), ("", "unknown"), ("x" * 30_000, "x" * MAX_LABEL)])
def test_a_label_is_neither_empty_nor_too_long(claimed: str | None, label: str) -> None:
    metrics = Metrics()
    metrics.count_article(article(source=claimed))
    assert series(metrics, "newswatch_source_articles_total") == [({"source": label}, 1.0)]


def test_what_a_rule_drops_is_counted_under_its_name(tmp_path: Path) -> None:
    """Both when articles are matched and when only event time advances."""
    (tmp_path / "rules.yaml").write_text(
        """
        rules:
          - {name: by-day, kind: match, where: {text: coup}, schedule: {timezone: UTC, hours: '08:00-20:00'}}
          - {name: bodies, kind: match, where: {text: coup}, once_per: organisation}
          - {name: surge, kind: frequency, where: {text: coup}, window: 1h, at_least: 1}
          - name: level
            kind: frequency
            where: {text: coup}
            window: 1h
            for: 15m
            at_least: 1
            schedule: {timezone: UTC, hours: '08:00-20:00'}
        """
    )
    engine = Engine(load_rules(tmp_path))
    bodies = tuple(Organisation(f"body {number}") for number in range(MOST_GROUPS + 1))
    metrics = Metrics()
    reading = engine.read(article(text="A coup.", organisations=bodies))
    state = PartitionState(engine)
    steps = [state.observe(observation) for observation in reading.observations]
    steps += [
        state.advance(NOW + timedelta(hours=3)),
        *(
            state.observe(one)
            for one in engine.read(article(id="b", text="A coup.", time=NOW - timedelta(days=1))).observations
        ),
    ]
    for limits in (reading.limits, *(step.limits for step in steps)):
        metrics.count_limits(limits)
    assert series(metrics, "newswatch_bounds_reached_total") == [({"rule": "bodies", "bound": "article_groups"}, 1.0)]
    assert {labels["rule"] for labels, _ in series(metrics, "newswatch_outside_schedule_total")} == {"by-day", "level"}
    assert series(metrics, "newswatch_late_observations_total") == [({"rule": "surge"}, 1.0), ({"rule": "level"}, 1.0)]


def rule_set(folder: Path, *names: str) -> RuleSet:
    rules = (f"{{name: {name}, kind: {kind}}}" for name, kind in (text.split(maxsplit=1) for text in names))
    (folder / "rules.yaml").write_text(f"rules: [{', '.join(rules)}]")
    return load_rules(folder)


def test_rules_are_shown_by_the_names_of_their_kinds(tmp_path: Path) -> None:
    metrics = Metrics()
    metrics.show_rules(rule_set(tmp_path, "a match", "b match", "c change, of: country"))
    metrics.show_rules(rule_set(tmp_path, "a match, once_per: country", "b match", "d flatline, window: 1h"))
    assert series(metrics, "newswatch_rules") == [({"kind": "match"}, 2.0), ({"kind": "flatline"}, 1.0)]
    assert len(series(metrics, "newswatch_rule_set_info")) == 1


def test_a_removed_rule_takes_its_counters_with_it(tmp_path: Path) -> None:
    metrics = Metrics()
    for rule in ("kept", "gone"):
        metrics.observations.labels(rule).inc(3)
        metrics.alerts.labels(rule, "warning", "firing").inc()
        metrics.alerts.labels(rule, "critical", "updated").inc()
        metrics.count_limits([Limit(rule, what) for what in ("late", "schedule", "facts")])
    metrics.show_rules(rule_set(tmp_path, "kept match"))
    labelled = [sample.labels for family in metrics.registry.collect() for sample in family.samples]
    assert {labels["rule"] for labels in labelled if "rule" in labels} == {"kept"}
    assert ({"rule": "kept"}, 3.0) in series(metrics, "newswatch_observations_total")


def test_no_scrape_sees_a_partial_gauge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that stay are always present; removed ones are absent."""
    metrics = Metrics()
    metrics.facts.show({("0",): 1, ("1",): 2})
    seen: list[set[str]] = []
    set_value = Gauge.set

    def set_and_scrape(gauge: Gauge, value: float) -> None:
        seen.append({labels["partition"] for labels, _ in series(metrics, "newswatch_facts")})
        set_value(gauge, value)

    monkeypatch.setattr(Gauge, "set", set_and_scrape)
    metrics.facts.show({("1",): 3, ("2",): 4})
    assert all("1" in partitions for partitions in seen)
    assert series(metrics, "newswatch_facts") == [({"partition": "1"}, 3.0), ({"partition": "2"}, 4.0)]


def test_counters_with_known_labels_start_at_zero() -> None:
    """Prometheus sees no increase in a series that starts with its first event."""
    metrics = Metrics()
    assert series(metrics, "newswatch_articles_total") == [({"outcome": "enriched"}, 0.0), ({"outcome": "dead"}, 0.0)]
    reasons = {labels["reason"] for labels, value in series(metrics, "newswatch_dead_letters_total") if not value}
    assert reasons >= {"no_text", "extraction_failed", "record_too_large", "bad_observation"}


def test_each_counter_is_one_series_and_process_metrics_are_present() -> None:
    metrics = Metrics()
    metrics.count_article(article(source="wire.example"))
    exposed = generate_latest(metrics.registry).decode()
    assert "_created" not in exposed
    for prefix in ("newswatch_", ""):  # ours, and the one that dashboards of others ask for
        assert metrics.registry.get_sample_value(f"{prefix}process_resident_memory_bytes") > 1e6  # type: ignore[operator]
    assert all(line.startswith(("#", "newswatch_", "process_")) for line in exposed.splitlines())
