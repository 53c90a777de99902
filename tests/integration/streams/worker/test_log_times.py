"""Rules about the log's age or silence: progress reports send the times of all articles to every partition."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from detectors.timeline.log import thinned
from detectors.timeline.log_records import LOG_KEY
from detectors.timeline.watermark import ProgressReport
from streams.records.observation import decode, is_report

RULES = """
rules:
  - {name: outlet-silent, kind: flatline, where: {text: quake}, group_by: [source], window: 30m, every: 5m, lateness: 10m}
  - {name: newly-hit, kind: new_term, where: {text: quake}, of: source, remember: 1d, learn: 30m, lateness: 10m}
"""
MINUTE = timedelta(minutes=1)
START = datetime(2020, 5, 1, tzinfo=UTC)


def articles(first: int, last: int) -> list[dict[str, Any]]:
    """One article every ten seconds with an hour of silence in the middle; a few are quakes, some from new outlets."""
    return [
        {
            "id": f"l{n}",
            "source": f"outlet-{n // 300}.example" if n % 40 == 0 else "other.example",
            "published_at": (START + timedelta(seconds=10 * n + (3600 if n >= 700 else 0))).isoformat(),
            "text": f"A quake shook the town, report {n}." if n % 40 == 0 else f"All was calm, report {n}.",
        }
        for n in range(first, last)
    ]


def sent_times(watch: Any) -> dict[int, set[datetime]]:
    """The times that were sent to each partition of observations."""
    found: dict[int, set[datetime]] = defaultdict(set)
    for record in watch.read("observations"):
        report = decode(record.value, record.headers)
        if isinstance(report, ProgressReport):
            found[record.partition] |= set(report.pulses)
    return found


def test_article_times_survive_the_workers_that_read_them(
    new_watch: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    watch = new_watch(RULES, partitions=6)
    watch.create_topics()
    end = {"id": "end", "text": "Calm.", "published_at": (START + timedelta(days=1)).isoformat()}
    news = [*articles(0, 1200), end]
    expected = watch.scanned(news)
    assert {words.split()[0] for words in expected.values()} == {"outlet-silent", "newly-hit"}
    for first in (0, 300):
        workers = [watch.start() for _ in range(3)]
        for worker in workers:
            worker.wait_ready()
        before = sum(watch.committed().values())
        watch.produce(news[first : first + 300])
        wait_until(lambda before=before: sum(watch.committed().values()) > before, 30, "nothing is committed", watch)
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.wait()
        committed = watch.committed()
        done = [record for record in watch.read("articles") if record.offset < committed.get(record.partition, 0)]
        times = {datetime.fromisoformat(json.loads(record.value)["published_at"]) for record in done}
        assert len(times) > before
        for partition, known in sent_times(watch).items():
            assert thinned(known | times, MINUTE) == thinned(known, MINUTE), f"not sent to partition {partition}"
    for _ in range(3):
        watch.start().wait_ready()
    watch.produce(news[600:])
    watch.wait_committed()
    wait_until(lambda: expected.keys() <= {alert["id"] for alert in watch.alerts()}, 30, "alerts are lost", watch)
    assert {alert["id"] for alert in watch.alerts()} == expected.keys()
    assert watch.late() == 0
    # Articles have no records of their own: observations are only of quakes, and a report is one changelog record.
    seen = [json.loads(record.value) for record in watch.read("observations") if not is_report(record.headers)]
    assert {one["rule"] for one in seen} == {"outlet-silent", "newly-hit"}
    written = [record for record in watch.changelog() if record.key.startswith(LOG_KEY.encode()) and record.value]
    assert 0 < len(written) <= len(watch.reports())
