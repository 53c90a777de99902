"""Rule state on local disk (`store: rocksdb`) with real Kafka: a restart reads only the tail, with equal alerts."""

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from streams.kafka.topics import changelog_topic
from tests.integration.streams.worker.test_crash import RULES, articles, check, scanned

pytestmark = pytest.mark.slow

New = Callable[..., Any]
Wait = Callable[..., None]


def recovered(worker: Any) -> tuple[int, int]:
    """The result of a worker's last recovery: number of facts, and of changelog records read."""
    told = re.findall(r"rule state recovered: (\d+) facts, (\d+) changelog records read", worker.log.read_text())
    facts, read = told[-1]
    return int(facts), int(read)


def log_end(watch: Any) -> int:
    """The number of records ever written to the changelog."""
    consumer = KafkaConsumer(bootstrap_servers=watch.settings.brokers)
    name = changelog_topic(watch.settings)
    ends = consumer.end_offsets([TopicPartition(name, number) for number in range(watch.settings.partitions)])
    consumer.close()
    return sum(ends.values())


def folder(watch: Any, partition: int) -> Path:
    found: Path = watch.folder / watch.settings.app_id / "facts" / str(partition)
    assert found.is_dir()
    return found


def test_a_killed_worker_reads_only_what_its_copy_lacks(new_watch: New, tmp_path: Path) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    records = articles(3000)
    expected = scanned(records, watch.settings.rules, tmp_path)
    worker = watch.start(store="rocksdb").wait_ready()
    watch.produce(records[:2000])
    watch.wait_committed()
    worker.kill()
    written = log_end(watch)
    again = watch.start(store="rocksdb").wait_ready()
    facts, read = recovered(again)
    assert facts > 600
    assert read < 20 < written, "the changelog was read anew"
    watch.produce(records[2000:])
    watch.wait_committed()
    check(watch, expected)
    # The same facts as after reading the whole changelog.
    again.kill()
    from_disk = recovered(watch.start(store="rocksdb").wait_ready())
    watch.workers[-1].kill()
    from_log = recovered(watch.start(store="memory").wait_ready())
    assert from_disk[0] == from_log[0] > 800
    assert from_disk[1] < 20 < 1000 < from_log[1]


def test_damaged_copies_are_rebuilt(new_watch: New, tmp_path: Path) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    records = articles(2000)
    expected = scanned(records, watch.settings.rules, tmp_path)
    worker = watch.start(store="rocksdb").wait_ready()
    watch.produce(records[:1500])
    watch.wait_committed()
    worker.kill()
    (manifest,) = folder(watch, 0).glob("MANIFEST-*")
    manifest.write_bytes(b"\x00\xff" * 500)
    log = max(folder(watch, 1).glob("*.log"), key=lambda file: file.stat().st_size)
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])  # as after a power failure
    again = watch.start(store="rocksdb").wait_ready()
    assert f"the local copy in {folder(watch, 0)} is damaged" in again.log.read_text()
    assert recovered(again)[1] > 200
    watch.produce(records[1500:])
    watch.wait_committed()
    check(watch, expected)


def test_two_workers_on_one_folder_hand_over_copies_and_do_not_wait_for_a_zombie(
    new_watch: New, wait_until: Wait, tmp_path: Path
) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    records = articles(3000)
    expected = scanned(records, watch.settings.rules, tmp_path)
    first, second = watch.start(store="rocksdb"), watch.start(store="rocksdb")
    first.wait_ready()
    second.wait_ready()
    watch.produce(records[:1000])
    watch.wait_committed()
    assert first.stop() == 0
    wait_until(lambda: recovered(second)[0] > 300, 30, "the facts were not handed over", watch)
    assert recovered(second)[1] < 100, "the copy of the other worker was not gone on from"
    third = watch.start(store="rocksdb").wait_ready()
    second.signal(signal.SIGSTOP)  # it keeps its copies open, and its partition moves
    watch.produce(records[1000:2000])
    watch.wait_committed()
    assert "continues in memory: another process holds" in third.log.read_text()
    second.signal(signal.SIGCONT)
    watch.produce(records[2000:])
    time.sleep(2)
    watch.wait_committed()
    check(watch, expected)
