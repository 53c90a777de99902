"""Random rule sets: the stream, with kills and expansion, gives the same alerts as `newswatch scan`."""

import json
import time
from collections.abc import Callable

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from tests.chaos.news import articles, lines
from tests.chaos.random_rules import Writer
from tests.chaos.stage import Stage


@pytest.mark.timeout(300)
def test_random_rules(
    kafka: KafkaCluster, new_stage: Callable[..., Stage], conclude: Callable[..., None], seed: int
) -> None:
    stage = new_stage(kafka)
    rules = "".join(f"  - {json.dumps(rule)}\n" for rule in Writer(seed).rules())
    (stage.rules / "rules.yaml").write_text(f"rules:\n{rules}")
    workers = stage.start(2)
    with stage.feeding(lines(articles(seed)), 8):
        time.sleep(2)
        workers[seed % 2].kill()
        stage.fault()
        stage.start(1, ready=False)
    conclude(stage, seed)
