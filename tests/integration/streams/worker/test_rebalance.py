"""Partitions that move away and return, and a worker that is busy for longer than its session timeout.

Covered: a partition's index is dropped when the partition is revoked, and rebuilt from the changelog when it returns,
with the changes that others made meanwhile. Heartbeats continue while a batch takes longer than the session timeout.
An acknowledgement after a rebalance for a batch from before it is ignored: the next owner reads the batch again, and
nothing is lost or counted twice.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaProducer

from streams.kafka.topics import changelog_topic
from tests.rigs.articles import article

New = Callable[..., Any]
Wait = Callable[..., None]

RULES = """
rules:
  - {name: quakes, kind: frequency, where: {text: quake}, group_by: [source], window: 12h, at_least: 3}
  - {name: calm, kind: frequency, where: {text: quake}, group_by: [source], window: 12h, every: 15m, for: 15m,
     at_least: 3, lateness: 0s}
"""


def held(worker: Any) -> set[str]:
    """The partitions whose facts a worker holds."""
    return set(worker.shows("newswatch_facts"))


def members(watch: Any) -> set[str]:
    """The member ids of the group on the broker; a member that rejoins gets a new one."""
    return {member["member_id"] for member in watch.members()}


@contextmanager
def _writing_on(watch: Any, facts: list[Any]) -> Iterator[None]:
    """Keep writing facts to the changelog, so that some of them follow everything that its owner wrote."""
    done = threading.Event()
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all")

    def write() -> None:
        while not done.wait(0.005):
            for fact in facts:
                producer.send(changelog_topic(watch.settings), fact.value, fact.key, partition=fact.partition)
            producer.flush()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        producer.close()


def test_a_partition_that_returns_has_all_its_facts(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES, partitions=4)
    watch.create_topics()
    fed = []

    def feed(minute: int) -> None:
        records = [article(f"q{outlet}-{minute}", minute, source=f"outlet-{outlet}") for outlet in range(20)]
        fed.extend(records)
        watch.produce(records)
        watch.wait_committed()

    stays = watch.start().wait_ready()
    feed(0)
    wait_until(lambda: held(stays) == {"0", "1", "2", "3"}, 20, "it does not have all partitions", watch)
    guest = watch.start().wait_ready()
    wait_until(lambda: len(held(stays)) == len(held(guest)) == 2, 30, "the partitions are not divided", watch)
    assert held(stays).isdisjoint(held(guest))
    feed(1)
    assert guest.stop() == 0
    wait_until(lambda: held(stays) == {"0", "1", "2", "3"}, 30, "the partitions did not return", watch)
    feed(2)
    for partition in range(4):
        calm = [article(f"calm-{partition}", 20 * 60, "All was calm.", "outlet-99")]
        fed += calm
        watch.produce(calm, partition)
    expected = watch.scanned(fed)
    assert len(expected) == 40
    wait_until(lambda: {alert["id"] for alert in watch.alerts()} == set(expected), 30, "alerts differ", watch)
    counts = defaultdict(set)
    for alert in watch.alerts():
        counts[alert["rule"], alert["state"]].add((alert["revision"], alert["count"]))
    assert counts["quakes", "firing"] == {(1, 3)}
    assert counts["calm", "firing"] == {(1, 3)}
    assert watch.late() == 0


def test_facts_written_late_by_a_former_owner_duplicate_no_alert(new_watch: New, wait_until: Wait) -> None:
    # The former owner sent its alerts, but wrote its facts after the takeover; the next rebalance reads them.
    rules = RULES.split("  - {name: calm", maxsplit=1)[0]
    records = [article(f"q{o}-{m}", m, source=f"outlet-{o}") for m in range(7) for o in range(20)]
    past, watch = (new_watch(rules, partitions=4) for _ in range(2))
    for each in (past, watch):
        each.create_topics()
        each.start().wait_ready()
    past.produce(records[:120], 0)
    watch.produce(records[:40], 0)
    for each in (past, watch):
        each.wait_committed()
    known = {record.key for record in watch.changelog()}
    written = [record for record in past.changelog() if record.value and record.key not in known]
    assert len(written) >= 80
    stays, guest = watch.workers[0], watch.start()
    with _writing_on(watch, written):
        wait_until(lambda: len(held(stays)) == len(held(guest)) == 2, 60, "the partitions are not divided", watch)
    watch.produce(records[40:], 0)
    watch.wait_committed()
    again = [alert for alert in watch.alerts() if alert["state"] == "firing"]
    assert again, "no partition kept its owner"
    sent = [*again, *(alert for alert in past.alerts() if alert["state"] == "firing")]
    assert {(alert["revision"], alert["count"]) for alert in sent} == {(1, 3)}
    assert {alert["id"] for alert in sent} == set(watch.scanned(records))


def test_extraction_may_take_longer_than_the_session_timeout(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    session = 2.0
    changes = {"session_timeout_seconds": session, "heartbeat_seconds": 0.4}
    worker = watch.start(**changes).wait_ready()
    chance = random.Random(5)
    words = ["minister", "market", "told", "after", "the", "of", "talks", "border", "President", "Paris", "sanctions"]
    slow = [article(f"s{n}", n, source=f"outlet-{n % 2}") for n in range(8)]
    for one in slow:
        one["text"] += " " + " ".join(chance.choices(words, k=110_000)) + "."
    member = members(watch)
    begun = time.monotonic()
    watch.produce(slow[:5], 0)  # one batch
    wait_until(lambda: watch.committed() == {0: 5}, 60, "the worker makes no progress", watch)
    assert time.monotonic() - begun > session, "quicker than the session: this shows nothing"
    assert members(watch) == member != set(), "it lost its membership and rejoined"

    # Another worker joins while a batch is in progress: the first one then acknowledges in an older generation.
    watch.produce(slow[5:], 1)
    other = watch.start(**changes).wait_ready()
    wait_until(lambda: len(other.owned()) == len(worker.owned()) == 1, 60, "the partitions are not divided", watch)
    watch.wait_committed(90)
    arrived = {record.key.decode() for record in watch.read("articles.enriched")}
    assert arrived == {one["id"] for one in slow}
    quakes = [alert for alert in watch.alerts() if alert["rule"] == "quakes" and alert["state"] == "firing"]
    assert {alert["group"]["source"] for alert in quakes} == {"outlet-0", "outlet-1"}
    assert {alert["count"] for alert in quakes} == {3}
