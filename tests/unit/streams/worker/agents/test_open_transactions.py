"""Open transactions: how many records they hold back, for how long, and few lines of log."""

import logging

import pytest
from faust.types import TP

from streams.monitoring.metrics import Metrics
from streams.worker.agents import open_transactions as module
from streams.worker.agents.open_transactions import OpenTransactions, Stable

FIRST, SECOND = TP("articles", 0), TP("articles", 1)


def test_a_transaction_that_stays_open_is_shown_and_logged_seldom(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger=module.__name__)
    metrics = Metrics()
    transactions = OpenTransactions(metrics)

    def shown(name: str) -> dict[str, float]:
        return {
            sample.labels["partition"]: sample.value
            for family in metrics.registry.collect()
            if family.name == f"newswatch_open_transaction_{name}"
            for sample in family.samples
        }

    for second in range(3600):  # the other partition has one short transaction after the other
        transactions.show({FIRST: Stable(5, 25), SECOND: Stable(second, second + 2)}, float(second))
    assert shown("records") == {"0": 20, "1": 2}
    assert shown("seconds") == {"0": 3599, "1": 0}
    assert [record.args[3] for record in caplog.records] == [30 * 2**n for n in range(7)]  # type: ignore[index, call-overload]
    assert caplog.records[0].getMessage() == (
        "articles, partition 0: a producer's transaction at offset 5 has been open for 30 s; 20 records cannot be read "
        "until it ends (kafka-transactions.sh shows whose it is)"
    )
    transactions.show({FIRST: Stable(25, 25)}, 3600.0)
    assert shown("records") == shown("seconds") == {"0": 0}
