"""When a rule fires on Kafka: on arrival if no later article can undo the alert, else behind the watermark.

Covered: monotone conditions fire on arrival, within a second; other conditions fire when the watermark minus the rule's
lateness passes. A new value is certain early. An alert's id depends on rule, group and an aligned interval of event
time, never on which article arrived first, in any order and over any partitions. An arrival re-evaluates the moments
after it. Sums of floats are exact, so their order does not matter. Event time is `published_at` unless that is missing,
in the future or implausible. Reaching a bound is counted.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from kafka import KafkaProducer

from tests.rigs.articles import START, article

New = Callable[..., Any]
Wait = Callable[..., None]

RULES = """
lists:
  numbers: {file: numbers.txt}
rules:
  - {name: quakes, kind: frequency, where: {text: quake}, group_by: [source], window: 1h, throttle: 15m, at_least: 3}
  - {name: prompt, kind: frequency, where: {text: quake}, window: 1h, every: 15m, for: 15m, at_least: 3, lateness: 40m}
  - {name: patient, kind: frequency, where: {text: quake}, window: 1h, every: 15m, for: 15m, at_least: 3, lateness: 4h}
  - {name: new-outlet, kind: new_term, of: source, remember: 30d, learn: 1h, where: {text: quake}}
  - {name: tone, kind: metric, value: meta.tone, function: sum, group_by: [source], window: 1h, at_least: 0.6,
     minimum: 3, lateness: 40m}
  - {name: numbers, kind: frequency, where: {text: {in: numbers}}, group_by: [term], window: 1h, at_least: 2}
"""


def described(alert: dict[str, Any]) -> str:
    return f"{alert['rule']} {alert['group']} {alert['starts_at']}"


def firing(watch: Any, rule: str) -> list[dict[str, Any]]:
    return [alert for alert in watch.alerts() if alert["rule"] == rule and alert["state"] == "firing"]


@pytest.mark.alone
def test_rules_fire_on_arrival_or_behind_the_watermark(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES, partitions=2)
    (watch.settings.rules / "numbers.txt").write_text("".join(f"number{n}\n" for n in range(300)))
    watch.create_topics()
    worker = watch.start().wait_ready()
    old = article("old", -120, "A quake long ago.", "outlet-0")  # so that the log is old enough for `new` rules
    fed = [old]
    watch.produce([old])
    # Three per outlet, the newest first and over both partitions. With plain float addition, 0.1 + 0.2 + 0.3 >= 0.6
    # holds in one order only.
    for outlet in range(5):
        for number, tone in ((2, 0.3), (1, 0.2), (0, 0.1)):
            one = article(f"q{outlet}-{number}", 10 * number + outlet, source=f"outlet-{outlet}", meta={"tone": tone})
            watch.produce([one], (outlet + number) % 2)
            fed.append(one)
        wait_until(lambda outlet=outlet: len(firing(watch, "quakes")) > outlet, 10, "it does not fire", watch)
    assert {alert["rule"] for alert in watch.alerts()} == {"quakes", "new-outlet"}, "fired although undecided"
    arrived = {json.loads(record.value)["id"]: record.timestamp for record in watch.read("articles")}
    waits = []
    for record in watch.read("alerts"):
        alert = json.loads(record.value)
        if alert["rule"] == "quakes" and alert["state"] == "firing":
            waits.append((record.timestamp - max(arrived[one["article_id"]] for one in alert["evidence"])) / 1000)
    assert median(waits) < 1
    # The last arrival has the earliest time, so the moments after it are re-evaluated: another interval fires.
    first = article("first", -10, "A quake before that.", "outlet-1", meta={"tone": 0.0})
    again = len(firing(watch, "quakes"))
    fed.append(first)
    watch.produce([first], 0)
    watch.wait_committed()
    assert len(firing(watch, "quakes")) == again + 1

    def pass_to(hours: float, *, states: set[str]) -> None:
        calm = [article(f"calm{hours}-{p}", 60 * hours, "All was calm.", "outlet-9") for p in (0, 1)]
        for partition, one in enumerate(calm):
            watch.produce([one], partition)
        fed.extend(calm)
        passed = START + timedelta(hours=hours)
        wait_until(lambda: set(worker.watermarks().values()) == {passed}, 20, "event time does not advance", watch)
        assert {alert["rule"] for alert in watch.alerts()} - {"quakes", "new-outlet"} == states

    pass_to(2, states={"prompt", "tone"})
    pass_to(8, states={"prompt", "tone", "patient"})
    many = [article(f"many{n}", 490 + n, " ".join(f"number{n}" for n in range(300)), "outlet-8") for n in range(2)]
    watch.produce(many)
    fed.extend(many)
    watch.wait_committed()
    expected = watch.scanned(fed)
    found = {alert["id"]: described(alert) for alert in watch.alerts()}
    assert [words for id_, words in found.items() if id_ not in expected] == [], "invented"
    assert [words for id_, words in expected.items() if id_ not in found] == [], "lost"
    assert len(firing(watch, "tone")) == 5
    assert len(firing(watch, "numbers")) == 256
    assert worker.metric("newswatch_bounds_reached_total") > 0
    assert watch.late() == 0


def test_event_time_is_guarded(new_watch: New) -> None:
    watch = new_watch("rules: [{name: floods, kind: match, where: {text: flood}}]")
    watch.create_topics()
    watch.let_producers_stamp()
    watch.start().wait_ready()
    arrival = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    dates = {
        "kept": "2024-02-01T00:00:00Z",
        "bare": "2024-02-01",
        "missing": None,
        "unreadable": "yesterday",
        "absurd": "1889-01-01T00:00:00Z",
        "future": "2024-02-03T04:20:00Z",
        "soon": "2024-02-03T04:10:00Z",
    }
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all")
    for stamped in (True, False):  # `received_at`, else Kafka's time of the record
        for name, date in dates.items():
            record = {"id": f"{name}-{stamped}", "text": "A flood.", "published_at": date}
            record |= {"received_at": arrival.isoformat()} if stamped else {}
            when = datetime(2025, 1, 1, tzinfo=UTC) if stamped else arrival
            value = json.dumps({key: value for key, value in record.items() if value}).encode()
            producer.send(watch.settings.topic("articles"), value, timestamp_ms=int(when.timestamp() * 1000))
    producer.close()
    watch.wait_committed()
    times = {json.loads(r.value)["id"]: json.loads(r.value)["event_time"] for r in watch.read("articles.enriched")}
    for stamped in (True, False):
        found = {name: times[f"{name}-{stamped}"] for name in dates}
        assert found == dict.fromkeys(dates, "2024-02-03T04:05:06Z") | {
            "kept": "2024-02-01T00:00:00Z",
            "bare": "2024-02-01T00:00:00Z",
            "soon": "2024-02-03T04:10:00Z",
        }
