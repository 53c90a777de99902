"""Rule state is a set of facts: what the changelog on Kafka holds, and what repetition does to it.

Shown here: each observation is one changelog key of its own, written once with one value, never rewritten, and deleted
only behind the watermark, all of it in the partition of its group; duplicates, replays, shuffled arrival and a kill -9
change nothing; an observation of an article that was done before is a replay and never late, an article that is sent
anew too late is late; what was deleted does not come back; there are no offset marks: a topic of observations that was
made anew starts at 0, and what it tells counts.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from kafka import KafkaProducer

from streams.records.observation import is_report
from tests.rigs.articles import QUAKE, START, article
from tests.rigs.topics import delete_topics

New = Callable[..., Any]
Wait = Callable[..., None]

QUAKES = """
rules:
  - {name: quakes, kind: frequency, where: {text: quake}, group_by: [source], window: 1h, at_least: 3, lateness: 10m}
"""
#: Part of an observation's key, after rule, group and time; other keys hold fired alerts and progress.
ARTICLE = re.compile(r" q\d+ ")


def quake(number: int, minutes: float, text: str = QUAKE) -> dict[str, Any]:
    return article(f"q{number}", minutes, text, f"outlet-{number % 5}")


def facts(watch: Any) -> dict[str, list[tuple[int, bytes | None]]]:
    """The changelog records of each observation, in order: partition and value, None for a deletion."""
    written: dict[str, list[tuple[int, bytes | None]]] = defaultdict(list)
    for record in watch.changelog():
        written[record.key.decode()].append((record.partition, record.value))
    return {key: records for key, records in written.items() if ARTICLE.search(key)}


def send_again(watch: Any, topic: str, records: list[Any]) -> None:
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all")
    for record in records:
        name = watch.settings.topic(topic)
        producer.send(name, record.value, record.key, list(record.headers), record.partition)
    producer.flush()
    producer.close()


def test_a_fact_is_written_once_and_repetition_changes_nothing(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES, partitions=3)
    watch.create_topics()
    quakes = [quake(number, number / 2) for number in range(60)]  # half an hour
    expected = watch.scanned(quakes)
    assert len(expected) == 5
    chance = random.Random(5)
    thrice = [chance.sample(quakes, len(quakes)) for _ in range(3)]
    worker = watch.start().wait_ready()
    watch.produce(thrice[0])
    wait_until(lambda: bool(watch.alerts()), 20, "nothing fires", watch)
    worker.kill()  # uncommitted records are read again
    for number, records in enumerate(thrice[1:]):
        watch.produce(records, number)
    worker = watch.start().wait_ready()
    watch.wait_committed()
    observations = [record for record in watch.read("observations") if not is_report(record.headers)]
    assert len(observations) >= 180
    send_again(watch, "observations", chance.sample(observations, 60))
    watch.wait_committed()

    written = facts(watch)
    assert len(written) == 60
    assert {len(records) for records in written.values()} == {1}, "written again, or deleted too early"
    by_group: dict[str, set[int]] = defaultdict(set)
    for key, records in written.items():
        for partition, _ in records:
            by_group[key.partition("2020-")[0]].add(partition)
    assert [len(partitions) for partitions in by_group.values()] == [1] * 5, "a group's facts in several partitions"
    assert {alert["id"] for alert in watch.alerts()} == set(expected)
    assert max(alert["count"] for alert in watch.alerts()) == 12
    assert watch.late() == 0

    for day in (1, 2):  # what the previous step may need again is kept until the next
        for partition in range(3):
            watch.produce([quake(100 * day + partition, day * 1440, "All was calm.")], partition)
        passed = START + timedelta(days=day)
        wait_until(lambda passed=passed: set(worker.watermarks().values()) == {passed}, 20, "event time stands", watch)
    wait_until(lambda: all(f[-1][1] is None for f in facts(watch).values()), 30, "facts are not deleted", watch)
    send_again(watch, "observations", observations[:7])  # a stopped worker sends what it had in flight
    watch.wait_committed()
    assert watch.late() == 0
    watch.produce([quakes[0]])  # an article that is a day late
    watch.wait_committed()
    wait_until(lambda: watch.late() == 1, 10, "it was not counted as late", watch)
    assert {len(records) for records in facts(watch).values()} == {2}, "what was deleted came back"
    assert {alert["id"] for alert in watch.alerts()} == set(expected)


def test_a_recreated_topic_starts_at_zero(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES, partitions=2)
    watch.create_topics()
    worker = watch.start().wait_ready()
    watch.produce(quake(5 * number, number) for number in range(2))
    watch.wait_committed()
    assert worker.stop() == 0
    name = watch.settings.topic("observations")
    delete_topics(watch.settings, name)
    watch.create_topics()
    watch.start().wait_ready()
    watch.produce([quake(15, 3)])
    wait_until(lambda: [alert["count"] for alert in watch.alerts()] == [3], 20, "it does not count", watch)
    watch.wait_committed()
    assert [evidence["article_id"] for evidence in watch.alerts()[0]["evidence"]] == ["q0", "q5", "q15"]
