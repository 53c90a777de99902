"""Every Prometheus metric of the product. One prefix, base units, bounded labels (checked with promtool in a test).

Label values are known ones (countries, themes, types of events, reasons), partitions, or active rules; values that
articles claim are limited in number.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from detectors.engine.outcome import Limit
from detectors.loading.ruleset import RuleSet
from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle
from streams.monitoring.claimed_labels import ClaimedLabels
from streams.records.article import Reason

#: Articles may claim anything: show the most frequent outlets and languages, and count the others as "other".
MAX_SOURCES = 200
MAX_LANGUAGES = 100
#: Reason of a dead letter from the topic ``observations``.
BAD_OBSERVATION = "bad_observation"
#: How many (id, revision) pairs are kept to count each alert once: many more than the articles in flight, whose alerts
#: may be sent again after a rebalance.
MAX_ALERTS_REMEMBERED = 20_000

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
EXTRACTION_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Board:
    """A gauge whose label values come and go; those that remain are present in every scrape."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._shown: set[tuple[str, ...]] = set()

    def show(self, values: Mapping[tuple[str, ...], float]) -> None:
        """Show exactly these values, by label values."""
        for labels, value in values.items():
            self._gauge.labels(*labels).set(value)
        for labels in self._shown - values.keys():
            self._gauge.remove(*labels)
        self._shown = set(values)


class Metrics:
    """The metrics of one worker, on its own registry."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody needs
        self.registry = registry if registry is not None else CollectorRegistry()
        # Memory, file handles, CPU time and start time: process_..., as dashboards of others expect them, and
        # newswatch_process_..., as ours name them.
        ProcessCollector(registry=self.registry)
        ProcessCollector(namespace="newswatch", registry=self.registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"newswatch_{name}", text, labels, registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"newswatch_{name}", text, labels, registry=self.registry)

        def board(name: str, text: str, *labels: str) -> Board:
            return Board(gauge(name, text, *labels))

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"newswatch_{name}", text, buckets=buckets, registry=self.registry)

        self.articles = counter("articles_total", "Articles processed and acknowledged, by outcome.", "outcome")
        self.dead_letters = counter(
            "dead_letters_total", "Articles sent to the dead-letter topic, by reason.", "reason"
        )
        self.expired = counter("expired_articles_total", "Articles that Kafka deleted before the worker read them.")
        self.times_ahead = counter(
            "times_ahead_total",
            "Times that were over ten minutes ahead of the broker's when they arrived, and were not used, by field.",
            "field",
        )
        self.unreadable_dates = counter(
            "unreadable_dates_total",
            "Articles whose `published_at` cannot be read or lies before 1990; their arrival is their time.",
        )
        self.observations = counter("observations_total", "Observations of rules with state, by rule.", "rule")
        self.observations_handled = counter("observations_handled_total", "Observations processed and acknowledged.")
        self.alerts = counter("alerts_total", "Alerts sent, each id and revision once.", "rule", "severity", "state")
        self.alerts_published = counter(
            "alerts_published_total", "Alerts published on a topic, each id and revision once."
        )
        self.undelivered_alerts = counter(
            "undelivered_alerts_total",
            "Alerts that a rule's own topic did not get because it is gone, or may not be written; `alerts` has them.",
            "topic",
        )
        self.countries = counter("country_articles_total", "Articles that refer to a country.", "country", "salience")
        self.themes = counter("theme_articles_total", "Articles about a theme.", "theme")
        self.events = counter("event_articles_total", "Articles that report an event.", "type", "status")
        self.officials = counter("official_articles_total", "Articles that name an official of a class.", "role_class")
        self.coverage = counter(
            "coverage_articles_total", "Articles about a theme, by main country.", "country", "theme"
        )
        self.sources = counter("source_articles_total", "Articles by outlet.", "source")
        self.languages = counter("language_articles_total", "Articles by language.", "language")
        self.rule_reloads = counter(
            "rule_reloads_total", "Changed rule sets, by outcome: loaded or refused (rejected).", "outcome"
        )
        self.late_observations = counter(
            "late_observations_total", "Late observations, which rules with state ignore.", "rule"
        )
        self.bounds_reached = counter(
            "bounds_reached_total",
            "How often a rule reached a limit: facts (articles of a group), groups, article_groups, linked (copies).",
            "rule",
            "bound",
        )
        self.detector_failures = counter(
            "detector_failures_total", "Moments of one group that its detector failed to judge.", "rule"
        )
        self.outside_schedule = counter(
            "outside_schedule_total", "Alerts dropped because they fell outside their rule's schedule.", "rule"
        )
        self.extraction = histogram("extraction_seconds", "Time to extract and match one article.", EXTRACTION_BUCKETS)
        self.article_to_alert = histogram(
            "article_to_alert_seconds",
            "Time from the article's arrival, or its Kafka timestamp if later, to its alert's acknowledgement.",
            LATENCY_BUCKETS,
        )
        self.batch = histogram("batch_articles", "Articles processed in one batch.", BATCH_BUCKETS)
        self._rules = board("rules", "Rules loaded, by kind.", "kind")
        self._rule_set = board("rule_set_info", "The active rule set; always 1.", "version")
        self.rule_set_loaded = gauge("rule_set_loaded_timestamp_seconds", "When the active rule set was loaded.")
        self.rule_reload_ok = gauge(
            "rule_reload_ok", "1 if the last changed rule set was loaded, 0 if it was rejected."
        )
        self.lag = board("consumer_lag_records", "Records not yet processed.", "topic", "partition")
        self.committed = board(
            "committed_offset", "Committed offset: everything below it is processed.", "topic", "partition"
        )
        self.observation_lag = board(
            "observation_lag_records",
            "Observations not yet committed, including progress reports.",
            "partition",
        )
        self.committed_at = gauge(
            "committed_timestamp_seconds",
            "Time of the last commit in the partition that has waited longest for one; now if none waits.",
        )
        self.in_flight = gauge("in_flight_articles", "Articles read and not yet acknowledged.")
        self.watermark = board(
            "watermark_timestamp_seconds",
            "Event time up to which the log is complete; waiting rules are evaluated up to it minus their lateness.",
            "partition",
        )
        self.facts = board("facts", "Facts of rule state in memory.", "partition")
        self.ready = gauge("ready", "1 if the worker has recovered and is reading.")
        self.recovery = gauge("recovery_seconds", "Duration of the last recovery of rule state.")
        self.kafka_up = gauge(
            "kafka_up", "0 if Kafka, or a part of it that this worker needs, does not answer; else 1."
        )
        self.rebalances = counter("rebalances_total", "Assignments of partitions to this worker by its group.")
        self.open_transaction_records = board(
            "open_transaction_records",
            "Records that cannot be read yet because a transaction of a producer is open.",
            "topic",
            "partition",
        )
        self.open_transaction_seconds = board(
            "open_transaction_seconds",
            "How long the same open transaction has held back records.",
            "topic",
            "partition",
        )
        self.assigned = board("assigned_partitions", "Partitions that this worker owns.", "topic")
        self.commit_failures = counter("commit_failures_total", "Commits that Kafka did not take.")
        self.report_failures = counter("report_failures_total", "Progress reports that could not be sent.")
        self.build = gauge("build_info", "Version and language model; always 1.", "version", "model")
        self._sources = ClaimedLabels(MAX_SOURCES, self.sources.remove)
        self._languages = ClaimedLabels(MAX_LANGUAGES, self.languages.remove)
        self._counted_alerts: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._of_rules = (
            self.alerts,
            self.observations,
            self.late_observations,
            self.outside_schedule,
            self.bounds_reached,
            self.detector_failures,
        )
        # Start at 0: Prometheus does not see the increase of a counter that appears with its first event.
        for outcome in ("enriched", "dead"):
            self.articles.labels(outcome)
        for reason in (*get_args(Reason), BAD_OBSERVATION):
            self.dead_letters.labels(reason)
        for field in ("published_at", "received_at", "record", "observations"):
            self.times_ahead.labels(field)
        for outcome in ("loaded", "refused"):
            self.rule_reloads.labels(outcome)

    def show_rules(self, rules: RuleSet) -> None:
        """Show a newly active rule set, and remove the counters of rules that no longer exist."""
        self._rules.show({(kind,): number for kind, number in Tally(rule.kind.NAME for rule in rules.rules).items()})
        self._rule_set.show({(rules.version,): 1})
        self.rule_set_loaded.set_to_current_time()
        for topic in rules.topics():
            self.undelivered_alerts.labels(topic)
        names = {rule.name for rule in rules.rules}
        for counter in self._of_rules:
            for labels in _label_values(counter):
                if labels["rule"] not in names:
                    counter.remove(*labels.values())

    def count_article(self, article: EnrichedArticle) -> None:
        """Count an enriched article by its findings."""
        self.articles.labels("enriched").inc()
        self.languages.labels(self._languages.label(article.language)).inc()
        self.sources.labels(self._sources.label(article.source)).inc()
        for country in article.countries:
            self.countries.labels(country.alpha3, country.salience).inc()
        for role_class in {official.role_class or "unknown" for official in article.officials}:
            self.officials.labels(role_class).inc()
        main = [country.alpha3 for country in article.countries if country.salience == "main"]
        for theme in article.themes:
            self.themes.labels(theme.theme).inc()
            for country_code in main:
                self.coverage.labels(country_code, theme.theme).inc()
        for type_, status in {(event.type, event.status) for event in article.events if not event.background}:
            self.events.labels(type_, status).inc()

    def count_alert(self, alert: Alert) -> bool:
        """Count an alert unless this id and revision is already counted; returns whether it was counted now."""
        key = (alert.id, alert.revision)
        if key in self._counted_alerts:
            return False
        self._counted_alerts[key] = None
        if len(self._counted_alerts) > MAX_ALERTS_REMEMBERED:
            self._counted_alerts.popitem(last=False)
        self.alerts.labels(alert.rule, alert.severity, alert.state).inc()
        return True

    def count_limits(self, limits: Iterable[Limit]) -> None:
        """Count late observations, alerts outside a schedule, and limits reached, by rule."""
        for limit in limits:
            match limit.what:
                case "late":
                    self.late_observations.labels(limit.rule).inc(limit.number)
                case "schedule":
                    self.outside_schedule.labels(limit.rule).inc(limit.number)
                case "failed":
                    self.detector_failures.labels(limit.rule).inc(limit.number)
                case "facts" | "groups" | "linked" | "article_groups":
                    self.bounds_reached.labels(limit.rule, limit.what).inc(limit.number)


def _label_values(counter: Counter) -> list[dict[str, str]]:
    return [
        sample.labels for family in counter.collect() for sample in family.samples if sample.name.endswith("_total")
    ]
