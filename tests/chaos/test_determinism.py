"""Replay determinism: the same log gives the same alerts, for any readers, partitions and faults.

20,000 articles (ARTICLES=n: so many) made of the samples and, where they are there, of the annotated articles: dated,
with copies, out of order by less than the lateness. Held against `newswatch scan`: one worker and one partition, three
workers and six, the same under faults. Then articles later than the lateness are added, and only counted.
"""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from streams.shipped import SAMPLES
from tests.chaos.news import DISORDER, OUTLETS, START, lines
from tests.chaos.stage import Stage

COUNT = int(os.environ.get("ARTICLES", "20000"))
GOLD = Path(__file__).parents[3] / "shared" / "gold" / "dev" / "articles.jsonl"
RULES = """
rules:
  - {name: human-rights, kind: match, where: {theme: human_rights, country: KGZ}}
  - {name: ministers, kind: frequency, where: {official: {class: foreign_minister}}, group_by: [country], window: 1h, at_least: {warning: 15, critical: 40}}
  - {name: outlets, kind: cardinality, of: source, where: {theme: sanctions}, group_by: [theme], window: 30m, at_least: 7}
  - {name: surge, kind: spike, where: {theme: diplomacy}, group_by: [country], window: 1h, reference: 6h, factor: 2, at_least: 6}
  - {name: silence, kind: flatline, where: {country: TKM}, window: 1h, below: 3}
  - {name: outlets-silent, kind: flatline, group_by: [source], window: 30s, every: 1h}
  - {name: new-minister, kind: new_term, where: {official: {class: foreign_minister}}, of: official, group_by: [source], remember: 12h, learn: 6h}
  - {name: tone, kind: metric, value: meta.tone, function: p90, group_by: [source], window: 2h, at_least: 4}
  - {name: share, kind: ratio, count: {theme: economy_trade}, window: 1h, at_least: 0.12}
  - {name: both, kind: together, steps: [{country: KAZ}, {theme: energy}], group_by: [source], window: 20m}
  - {name: then, kind: sequence, steps: [{theme: sanctions}, {theme: economy_trade}], group_by: [source], window: 30m}
  - {name: unanswered, kind: absence, after: {country: TJK}, without: {country: KGZ}, group_by: [source], within: 1h}
  - {name: desks, kind: change, of: meta.desk, group_by: [source], at_least: 6}
  - {name: agreed, kind: corroborated, where: {theme: sanctions}, group_by: [country], window: 1h, at_least: 4}
  - {name: trouble, kind: chain, alerts: {rules: [then, unanswered, agreed]}, at_least: 4, distinct: alert, window: 1h}
  - {name: troubled-news, kind: chain, steps: [{rules: [trouble]}, {rules: [surge, silence]}], window: 3h}
"""


def bases() -> list[dict[str, Any]]:
    """Texts for articles."""
    found = []
    for file in (SAMPLES, GOLD):
        if file.exists():
            for line in file.read_bytes().splitlines():
                try:
                    article = json.loads(line)
                    found.append({"title": article.get("title") or "", "text": article["text"][:1500]})
                except (ValueError, TypeError, KeyError):
                    continue
    return [article for article in found if article["text"]]


def news(count: int) -> list[dict[str, Any]]:
    """Articles in log order, three per minute; the last is two days later, so that every state ends."""
    chance = random.Random(20000)
    texts = bases()
    made = []
    for number in range(count):
        moment = START + timedelta(seconds=20 * number + chance.randrange(15))
        own = {"id": f"d{number}", "source": chance.choice(OUTLETS), "published_at": moment.isoformat()}
        meta = {"tone": round(chance.gauss(0, 3), 1), "desk": chance.choice(["one", "two"])}
        made.append((moment + chance.random() * DISORDER, chance.choice(texts) | own | {"meta": meta}))
    made.sort(key=lambda pair: pair[0])
    end = START + timedelta(seconds=20 * count, days=2)
    last = {"id": "d-end", "text": "A day later all was calm.", "published_at": end.isoformat(), "source": OUTLETS[0]}
    return [article for _, article in made] + [last]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["one worker one partition", "three workers six partitions", "the same under faults"])
def test_replay(kafka: KafkaCluster, new_stage: Callable[..., Stage], conclude: Callable[..., None], way: str) -> None:
    alone = way.startswith("one")
    stage = new_stage(kafka, partitions=1 if alone else 6)
    (stage.rules / "rules.yaml").write_text(RULES)
    workers = stage.start(1 if alone else 3)
    with stage.feeding(lines(news(COUNT)), 0):
        if way.endswith("faults"):
            for number in range(6):
                time.sleep(4)
                worker = workers[number % 3]
                worker.signal(signal.SIGTERM if number == 2 else signal.SIGKILL)
                stage.fault()
    conclude(stage, 0, f"replay, {way}")
    if alone:
        _add_late(stage)


def _add_late(stage: Stage) -> None:
    before = {alert["id"] for alert in stage.alerts() if alert["kind"] != "match"}
    late = [article | {"id": f"late-{article['id']}"} for article in news(300)[:-1]]
    stage.feed(lines(late))
    stage.wait_until_done()
    assert stage.late() > 100
    assert {alert["id"] for alert in stage.alerts() if alert["kind"] != "match"} == before
