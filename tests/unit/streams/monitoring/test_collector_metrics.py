from streams.monitoring.collector_metrics import CollectorMetrics


def shown(metrics: CollectorMetrics) -> set[str]:
    return {
        sample.name
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.labels.get("source") == "wire"
    }


def test_a_source_has_series_from_the_start_until_another_collector_has_it() -> None:
    metrics = CollectorMetrics()
    metrics.take("wire", 7.0)
    assert "newswatch_source_items_total" in shown(metrics)
    metrics.drop("wire")
    assert shown(metrics) == set()
    metrics.take("wire", 7.0)
    metrics.newest.labels("wire").set(7)
    metrics.drop("wire")
    assert shown(metrics) == set()
