"""Rules over the alerts of rules, over several workers and partitions.

Covered: a chained rule waits at its own depth. Its input is alerts, whose time is the end of their interval, and the
progress of the detectors below it, so alerts from a partition that is days behind are not late. Alert ids equal those of
`newswatch scan`.
"""

import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.rigs.articles import START, article

RULES = """
rules:
  - {name: quakes, kind: frequency, where: {text: quake}, group_by: [source], window: 1h, at_least: 2, lateness: 10m}
  - {name: lasting, kind: frequency, where: {text: quake}, group_by: [source], window: 1h, every: 15m, for: 15m,
     at_least: 2, lateness: 10m}
  - {name: wave, kind: chain, alerts: {rules: [quakes]}, window: 3h, at_least: 12, lateness: 10m}
  - {name: long-wave, kind: chain, alerts: {rules: [lasting]}, window: 3h, at_least: 12, lateness: 10m}
  - {name: flood-of-waves, kind: chain, steps: [{rules: [wave]}, {rules: [long-wave]}], window: 1d, lateness: 10m}
"""


def test_alerts_from_a_partition_days_behind_are_not_late(
    new_watch: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    # Static members with a long session timeout: the paused worker keeps its partitions.
    patient = {"session_timeout_seconds": 60, "request_timeout_seconds": 70}
    sleeper, other = (watch.start(instance_id=name, **patient) for name in ("one", "two"))
    sleeper.wait_ready()
    other.wait_ready()
    wait_until(lambda: len(other.owned()) == len(sleeper.owned()) == 1, 30, "the partitions are not divided", watch)
    (partition,) = other.owned()

    quakes = [
        article(f"q{outlet}-{number}", 20 * number + outlet, source=f"outlet-{outlet}")
        for number in range(2)
        for outlet in range(12)
    ]
    later = [article(f"calm-{day}", day * 1440, "All was calm.", "outlet-0") for day in (5, 10)]
    sleeper.signal(signal.SIGSTOP)
    watch.produce(quakes, partition)
    watch.produce(later, partition)
    passed = START + timedelta(days=10)
    wait_until(lambda: set(other.watermarks().values()) == {passed}, 30, "event time did not advance", watch)
    time.sleep(3)  # reports enough for a chain to be misled
    rules = {alert["rule"] for alert in watch.alerts()}
    assert rules == {"quakes", "lasting"}, "the paused worker has no partition, or half of the alerts were enough"

    sleeper.signal(signal.SIGCONT)
    expected = watch.scanned(quakes + later)
    assert {words.split()[0] for words in expected.values()} == {
        "quakes", "lasting", "wave", "long-wave", "flood-of-waves",
    }  # fmt: skip
    wait_until(lambda: {a["id"] for a in watch.alerts()} >= expected.keys(), 40, "chains did not fire", watch)
    assert {alert["id"] for alert in watch.alerts()} == set(expected)
    assert watch.late() == 0
