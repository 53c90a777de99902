"""kill -9 in the middle of the stream neither loses nor invents an alert, compared with `newswatch scan`."""

import json
import signal
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.scan import scan

RULES = """
rules:
  - name: blasts
    kind: frequency
    where: {text: 'blast*'}
    group_by: [source]
    window: 10m
    at_least: {warning: 5, critical: 12}
  - name: arrests
    kind: match
    where: {text: arrested}
"""
START = datetime(2020, 5, 1, tzinfo=UTC)


def articles(count: int) -> list[dict[str, Any]]:
    """One article per second from four outlets; every third reports a blast, every seventh an arrest."""
    return [
        {
            "id": f"a{n}",
            "source": f"outlet-{n % 4}.example",
            "published_at": (START + timedelta(seconds=n)).isoformat(),
            "text": f"Report number {n}. "
            + ("A blast shook the old town. " if n % 3 == 0 else "The market was calm. ")
            + ("Two men were arrested." if n % 7 == 0 else "Nobody was hurt."),
        }
        for n in range(count)
    ]


def scanned(records: list[dict[str, Any]], rules: Path, folder: Path) -> dict[str, str]:
    """The alerts that `newswatch scan` finds in the same log, as id and description."""
    file = folder / "articles.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    return {alert["id"]: described(alert) for alert in scan(file, "--rules", str(rules))}


def described(alert: dict[str, Any]) -> str:
    return f"{alert['rule']} {alert['group']} {alert['evidence'][-1]['article_id']}"


def check(watch: Any, expected: dict[str, str]) -> None:
    sent: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for alert in watch.alerts():
        sent[alert["id"], alert["revision"]].append(alert)
    seen = {id_ for id_, _ in sent}
    assert {id_: words for id_, words in expected.items() if id_ not in seen} == {}, "lost"
    assert seen - set(expected) == set(), "invented"
    for (_, revision), same in sent.items():
        # Duplicates of one revision are equal: a counter that counted twice would change them.
        assert len({(alert["state"], alert["severity"], alert["count"]) for alert in same}) == 1, same
        assert revision >= 1


@pytest.mark.slow
def test_kill_9_neither_loses_nor_invents_alerts(
    new_watch: Callable[..., Any], wait_until: Callable[..., None], tmp_path: Path
) -> None:
    watch = new_watch(RULES, partitions=3)
    watch.create_topics()
    records = articles(12_000)
    expected = scanned(records, watch.settings.rules, tmp_path)
    assert len(expected) > 400
    watch.produce(records)
    for reached in (1, 2000, 4000):
        worker = watch.start().wait_ready()
        wait_until(
            lambda reached=reached: sum(watch.committed().values()) >= reached, 120, "nothing is committed", watch
        )
        worker.kill()
    assert sum(watch.committed().values()) < len(records), "killed too late to show anything"
    watch.start().wait_ready()
    watch.wait_committed(120)
    check(watch, expected)


@pytest.mark.slow
def test_a_worker_paused_past_its_session_timeout_changes_nothing(
    new_watch: Callable[..., Any], tmp_path: Path
) -> None:
    watch = new_watch(RULES, partitions=3)
    watch.create_topics()
    records = articles(3000)
    expected = scanned(records, watch.settings.rules, tmp_path)
    sleeper = watch.start().wait_ready()
    watch.produce(records[:1500])
    time.sleep(0.5)
    sleeper.signal(signal.SIGSTOP)
    watch.start().wait_ready()
    watch.produce(records[1500:])
    time.sleep(8)  # longer than the session of six seconds
    sleeper.signal(signal.SIGCONT)
    watch.wait_committed(120)
    check(watch, expected)


@pytest.mark.slow
def test_only_reported_offsets_are_committed_so_event_time_survives_a_worker(
    new_watch: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    watch = new_watch(RULES)
    watch.create_topics()
    for number, article in enumerate(articles(4), start=1):
        worker = watch.start().wait_ready()
        watch.produce([article])
        wait_until(lambda number=number: sum(watch.committed().values()) >= number, 120, "nothing is committed", watch)
        worker.kill()
        reports = [json.loads(record.value) for record in watch.read("observations") if record.key is None]
        reported = max(datetime.fromisoformat(report["horizon"]) for report in reports if report["horizon"])
        assert reported == datetime.fromisoformat(article["published_at"])
