"""The same log gives the same alerts, on real Kafka: a short version of `make chaos`, which uses 20,000 articles.

Covered: alert ids are a function of articles, rules and horizon, both for `newswatch scan` and for workers over six
partitions that are all killed midway. An article's offset is committed only after everything derived from it is
acknowledged, so no commit passes the lowest unfinished offset. Duplicates carry the same id and revision.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streams.records.observation import is_report
from tests.chaos.news import articles

RULES = Path(__file__).parents[3] / "chaos" / "rules.yaml"
COUNT = 1500


def check_commits(watch: Any) -> None:
    """Check, with every worker dead, that everything derived from the committed articles is on the log."""
    enriched = {json.loads(record.value)["id"] for record in watch.read("articles.enriched")}
    committed = watch.committed()
    done = [record for record in watch.read("articles") if record.offset < committed.get(record.partition, 0)]
    assert 0 < len(done) < COUNT, "killed too early, or too late, to show anything"
    assert {json.loads(record.value)["id"] for record in done} <= enriched
    facts = {record.key for record in watch.changelog()}
    committed = watch.committed("observations")
    for record in watch.read("observations"):
        if not is_report(record.headers) and record.offset < committed.get(record.partition, 0):
            seen = json.loads(record.value)
            if seen["rule"] == "blasts":
                assert any(seen["article_id"].encode() in key for key in facts), "committed, but not in the changelog"


def test_killed_workers_send_the_same_alerts_as_a_scan(
    new_watch: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    watch = new_watch("rules: []", partitions=6)
    shutil.copy(RULES, watch.settings.rules / "rules.yaml")
    watch.create_topics()
    *news, last = articles(1, COUNT)
    expected = watch.scanned([*news, last])
    kinds = {words.split()[0] for words in expected.values()}
    assert len(kinds) >= 12, "too few rules fire on the articles"
    workers = [watch.start() for _ in range(2)]
    for worker in workers:
        worker.wait_ready()
    watch.produce(news[: COUNT // 2])
    wait_until(lambda: sum(watch.committed().values()) > 100, 30, "nothing is committed", watch)
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        worker.process.wait()
    check_commits(watch)
    watch.produce(news[COUNT // 2 :])
    workers = [watch.start() for _ in range(3)]
    watch.wait_committed()
    watch.produce([last])

    def lost() -> list[str]:
        return sorted(expected[id_] for id_ in expected.keys() - {alert["id"] for alert in watch.alerts()})

    wait_until(lambda: not lost(), 30, f"lost, at last of {lost()}", watch)
    watch.wait_committed()
    sent: dict[tuple[str, int], set[tuple[str, str]]] = defaultdict(set)
    for alert in watch.alerts():
        assert alert["id"] in expected, f"invented: {alert}"
        sent[alert["id"], alert["revision"]].add((alert["state"], alert["severity"]))
    assert all(len(said) == 1 for said in sent.values())
    assert watch.late() == 0
