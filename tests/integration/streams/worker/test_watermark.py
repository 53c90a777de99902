"""The watermark on real Kafka.

Covered: once a live stream has been silent for 30 s, event time advances with the wall clock, without a jump, never
beyond now, and only if the setting allows it. A dead owner holds back only the cuts that contain its unread articles;
its earlier reports stay valid and survive it. The newest time of a partition is left out while it is unknown after a
takeover. Each report goes to every partition of `observations` and contains the ends of all partitions of `articles`,
read last. `articles` may be expanded while workers run, and event time waits for the new partitions too, however soon
they are written to. Late or repeated reports never move the watermark back.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from kafka import KafkaProducer

from detectors.timeline.watermark import ProgressReport
from streams.kafka.clients import admin_client
from streams.records.cloudevents import headers as event_headers
from streams.records.observation import is_report

New = Callable[..., Any]
Wait = Callable[..., None]

START = datetime(2020, 5, 1, tzinfo=UTC)
SILENCE = "rules: [{name: silence, kind: flatline, where: {text: flood}, window: 5s, every: 1s, lateness: 0s}]"
QUAKES = "rules: [{name: quakes, kind: frequency, where: {text: quake}, window: 1h, at_least: 3, lateness: 10m}]"


def article(name: str, when: datetime, text: str = "All was calm and nothing happened.") -> dict[str, Any]:
    return {"id": name, "text": text, "published_at": when.isoformat(), "source": "wire.example"}


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def is_at(worker: Any, when: datetime) -> bool:
    """Whether the watermark of all partitions that this worker owns equals the given time."""
    found = worker.watermarks()
    return bool(found) and set(found.values()) == {when}


def test_event_time_follows_the_wall_clock_during_silence(new_watch: New, wait_until: Wait) -> None:
    live, backfill, frozen = (new_watch(SILENCE, partitions=2) for _ in range(3))
    workers = {}
    for watch in (live, backfill, frozen):
        watch.create_topics()
        workers[watch] = watch.start(advance_when_silent=watch is not frozen)
    for worker in workers.values():
        worker.wait_ready()
    begun = datetime.now(UTC)
    floods = {watch: START if watch is backfill else begun for watch in workers}
    for watch, when in floods.items():
        watch.produce([article("flood", when, "A flood.")])
        wait_until(lambda watch=watch, when=when: is_at(workers[watch], when), 20, "the flood was not read", watch)

    while datetime.now(UTC) < begun + timedelta(seconds=27):
        assert all(is_at(workers[watch], when) for watch, when in floods.items()), "moved before it was silent for 30 s"
        time.sleep(1)
    for watch in (live, backfill):
        wait_until(lambda watch=watch: bool(watch.alerts()), 40, "the silence was not noticed", watch)
        assert {alert["rule"] for alert in watch.alerts()} == {"silence"}

        def passed(watch: Any = watch) -> timedelta:
            return max(workers[watch].watermarks().values()) - floods[watch]

        # It advanced by the time since the 30 s were over, without a jump to now. The gauge is set once a second, so it
        # may lag behind the watermark that the alert was judged by.
        wait_until(lambda passed=passed: passed() > timedelta(seconds=4), 10, "event time does not advance", watch)
        assert passed() <= datetime.now(UTC) - begun - timedelta(seconds=29)
    (first,) = (alert for alert in backfill.alerts() if alert["state"] == "firing")
    assert first["starts_at"].startswith("2020-05-01T00:00:")
    assert max(workers[live].watermarks().values()) <= datetime.now(UTC)
    assert is_at(workers[frozen], floods[frozen])
    assert frozen.alerts() == []


def test_a_dead_owner_holds_back_only_the_cuts_with_its_unread_articles(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES, partitions=2)
    watch.create_topics()
    # Static members with a long session timeout: no worker takes over from the dead one.
    patient = {"session_timeout_seconds": 60, "request_timeout_seconds": 70}
    one, two = (watch.start(instance_id=name, **patient) for name in ("one", "two"))
    one.wait_ready()
    two.wait_ready()
    wait_until(lambda: len(one.owned()) == len(two.owned()) == 1, 30, "the partitions are not divided", watch)
    dead, living = *one.owned(), *two.owned()
    watch.produce([article("d0", hours(0))], dead)
    watch.produce([article("l0", hours(1))], living)
    wait_until(lambda: is_at(two, hours(1)), 20, "event time did not begin", watch)

    one.kill()
    watch.produce([article("l1", hours(2))], living)
    wait_until(lambda: is_at(two, hours(2)), 20, "held back although all articles of the dead worker are read", watch)
    watch.produce([article(f"q{n}", hours(1.9) + timedelta(minutes=n), "A quake.") for n in range(3)], dead)
    watch.produce([article("l2", hours(9))], living)
    wait_until(lambda: watch.committed().get(living) == 3, 20, "the living worker makes no progress", watch)
    time.sleep(4)  # some reports
    assert is_at(two, hours(2)), "moved past unread articles"

    again = watch.start(instance_id="one", **patient).wait_ready()
    wait_until(lambda: is_at(again, hours(9)) and is_at(two, hours(9)), 30, "still held back", watch)
    assert [alert["count"] for alert in watch.alerts()] == [3]
    assert watch.late() == 0

    for report in watch.reports():
        assert report.ends.keys() == {0, 1}
        assert report.newest.keys() <= report.done.keys()
        assert all(offset <= report.ends[partition] for partition, offset in report.done.items())
    sent = [(r.partition, dict(r.headers)["ce_id"]) for r in watch.read("observations") if is_report(r.headers)]
    ids = [{name for partition, name in sent if partition == number} for number in (0, 1)]
    assert len(ids[0]) > 3
    assert len(ids[0] ^ ids[1]) <= 2  # each worker may be sending one right now

    # The next worker has read nothing itself: it takes event time from the changelog.
    again.kill()
    before = len(watch.reports())
    third = watch.start(instance_id="one", **patient).wait_ready()
    wait_until(lambda: is_at(third, hours(9)), 20, "event time was lost", watch)
    wait_until(lambda: any(dead in r.done for r in watch.reports()[before:]), 20, "it reports nothing", watch)
    taken_over = [report for report in watch.reports()[before:] if dead in report.done]
    assert {(report.done[dead], len(report.newest), report.horizon) for report in taken_over} == {(4, 0, hours(9))}

    say_again(watch, watch.reports()[0])
    say_again(watch, ProgressReport(done={0: 0, 1: 0}, newest={0: hours(0), 1: hours(0)}, ends={0: 0, 1: 0}))
    time.sleep(3)
    assert is_at(third, hours(9)), "a stale report moved event time back"


def say_again(watch: Any, report: ProgressReport) -> None:
    """Send a stale report, as a paused worker does when it resumes."""
    headers = event_headers("progress", "of-the-past", time=datetime.now(UTC))
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all")
    for partition in (0, 1):
        topic = watch.settings.topic("observations")
        producer.send(topic, value=msgspec.json.encode(report), headers=headers, partition=partition)
    producer.close()


def test_articles_can_be_expanded_while_workers_run(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES, partitions=2)
    watch.create_topics()
    workers = [watch.start(instance_id=name) for name in ("one", "two")]
    for worker in workers:
        worker.wait_ready()
    for partition in (0, 1):
        watch.produce([article(f"a{partition}", hours(0))], partition)
    watch.wait_committed()
    admin = admin_client(watch.settings)
    admin.create_partitions({watch.settings.topic("articles"): 3})
    admin.close()
    # At once, while the others continue: end offsets without the new partition would let the watermark pass it.
    watch.produce([article(f"q{n}", hours(0.5) + timedelta(minutes=n), "A quake.") for n in range(3)], 2)
    for partition in (0, 1):
        watch.produce([article(f"b{partition}", hours(6))], partition)
    wait_until(lambda: any(2 in worker.owned() for worker in workers), 60, "the new partition is not read", watch)
    watch.wait_committed()
    wait_until(lambda: all(is_at(worker, hours(6)) for worker in workers), 20, "event time does not advance", watch)
    assert [alert["count"] for alert in watch.alerts()] == [3]
    assert watch.late() == 0
