"""The Prometheus metrics of a collector. Labels are the names of its sources, whose number its file bounds."""

from __future__ import annotations

from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, disable_created_metrics

OUTCOMES = ("read", "not_modified", "refused_by_robots", "failed", "no_feed")
CHANGES = ("new", "changed", "known", "left_out")
ANSWERS = ("accepted", "refused", "busy")


class CollectorMetrics:
    """The metrics of one collector, on its own registry."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter
        self.registry = registry if registry is not None else CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.polls = Counter(
            "newswatch_source_polls_total",
            "Polls of a source, by outcome.",
            ("source", "outcome"),
            registry=self.registry,
        )
        self.items = Counter(
            "newswatch_source_items_total",
            "Items that a source showed: new, changed (both are sent), known, or left out because they are unreadable.",
            ("source", "change"),
            registry=self.registry,
        )
        self.success = Gauge(
            "newswatch_source_success_timestamp_seconds",
            "Last time that a source could be read; at first, when this collector took it over.",
            ("source",),
            registry=self.registry,
        )
        self.newest = Gauge(
            "newswatch_source_newest_timestamp_seconds",
            "Date of the newest item of a source.",
            ("source",),
            registry=self.registry,
        )
        self.owned = Gauge("newswatch_sources", "Sources that this collector polls.", registry=self.registry)
        self.posted = Counter(
            "newswatch_posted_articles_total",
            "Articles that came by HTTP, by answer.",
            ("answer",),
            registry=self.registry,
        )
        for answer in ANSWERS:
            self.posted.labels(answer)

    def take(self, source: str, now: float) -> None:
        """Begin with a source: its counters start at 0."""
        for outcome in OUTCOMES:
            self.polls.labels(source, outcome)
        for change in CHANGES:
            self.items.labels(source, change)
        self.success.labels(source).set(now)

    def drop(self, source: str) -> None:
        """End with a source that another collector polls from now on: only one shows it."""
        for outcome in OUTCOMES:
            self.polls.remove(source, outcome)
        for change in CHANGES:
            self.items.remove(source, change)
        self.success.remove(source)
        with suppress(KeyError):  # it has shown no item with a date
            self.newest.remove(source)
