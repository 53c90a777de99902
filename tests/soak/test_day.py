"""A day of event time in some minutes: rule edits, scaling and broker restarts, all at once.

`make soak-day` runs it (MINUTES=10: longer). At the end nothing is lost, unexpected or twice by id and revision, against
`newswatch scan` of the same articles. The edits change what rules say, and add and remove rules that never fire: they
must not change which alerts there are.
"""

import itertools
import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from tests.chaos.news import PACE, articles, lines
from tests.chaos.outcome import show
from tests.chaos.stage import Stage
from tests.rigs.waiting import wait_until

MINUTES = float(os.environ.get("NEWSWATCH_DAY_MINUTES", "4"))
SEED = int(os.environ.get("NEWSWATCH_DAY_SEED", "1"))
RULES = Path(__file__).parents[1] / "chaos" / "rules.yaml"
#: Articles of one voice in a day.
A_DAY = int(86_400 / PACE.total_seconds())
#: How many voices write at the same time; each has articles of its own.
VOICES = 4
MOST_WORKERS = 3
#: Pause between two events, in seconds.
PAUSE = 6.0


def day() -> list[bytes]:
    """The articles of all voices, side by side, and one of a later day, which moves event time past them."""
    voices = [lines(articles(SEED * 100 + number, A_DAY)) for number in range(VOICES)]
    *ends, end = [voice.pop() for voice in voices]
    del ends
    return [*itertools.chain.from_iterable(zip(*voices, strict=True)), end]


class Events:
    """What happens during the day, in an order that the seed chooses; ``happened`` counts each."""

    def __init__(self, stage: Stage, cluster: KafkaCluster) -> None:
        self.happened: Counter[str] = Counter()
        self._stage = stage
        self._cluster = cluster
        self._chance = random.Random(SEED)
        self._rules = RULES.read_text()
        self._kinds: dict[str, Callable[[], None]] = {
            "rule edit": self._edit,
            "scaling": self._scale,
            "broker stopped": self._restart,
            "broker killed": self._kill,
            "worker killed": self._crash,
        }

    def until(self, end: float) -> None:
        """Let things happen until this moment of the monotonic clock; each of them at least once."""
        for name in self._order():
            if time.monotonic() > end and len(self.happened) == len(self._kinds):
                return
            self._stage.fault()
            self._kinds[name]()
            self.happened[name] += 1
            time.sleep(self._chance.uniform(0.5, 1.5) * PAUSE)

    def calm(self) -> None:
        """Bring the first rules back, and wait until every worker has them."""
        self._write(self._rules)

    def _order(self) -> Iterator[str]:
        while True:
            yield from self._chance.sample(sorted(self._kinds), len(self._kinds))

    def _edit(self) -> None:
        number = self.happened["rule edit"]
        changed = self._rules.replace("    kind: match\n", f"    kind: match\n    labels: {{edit: '{number}'}}\n")
        assert changed != self._rules
        never = f"  - {{name: never-{number}, kind: frequency, where: {{text: quagga}}, window: 1h, at_least: 2}}\n"
        self._write(f"{changed}\n{never}")

    def _write(self, rules: str) -> None:
        """Replace the rules at once, as an editor or a ConfigMap does."""
        file = self._stage.rules / "rules.yaml"
        new = file.with_suffix(".new")
        new.write_text(rules)
        new.rename(file)

    def _scale(self) -> None:
        running = [worker for worker in self._stage.workers if worker.kept]
        if len(running) < MOST_WORKERS:
            self._stage.start(1, ready=False)
        else:
            self._chance.choice(running).stop()

    def _restart(self) -> None:
        self._cluster.stop(1)
        self._cluster.start(1)

    def _kill(self) -> None:
        self._cluster.kill(1)
        time.sleep(self._chance.uniform(0.5, 3))
        self._cluster.start(1)

    def _crash(self) -> None:
        self._chance.choice([worker for worker in self._stage.workers if worker.kept]).kill()


@pytest.mark.timeout(60 * MINUTES + 1200)
def test_a_day_of_edits_scaling_and_restarts_loses_nothing(tmp_path: Path) -> None:
    with KafkaCluster(folder=tmp_path / "kafka") as cluster:
        stage = Stage(cluster.bootstrap_servers, f"d{uuid.uuid4().hex[:8]}", tmp_path, RULES.read_text())
        try:
            stage.start(1)
            events = Events(stage, cluster)
            with stage.feeding(day(), MINUTES * 60):
                events.until(time.monotonic() + MINUTES * 60 - 2 * PAUSE)
                events.calm()
            running = [worker for worker in stage.workers if worker.kept]
            wait_until(
                lambda: all(worker.metric("newswatch_rule_reload_ok") == 1 for worker in running),
                120,
                "a worker rejects the rules",
                stage,
            )
            outcome = stage.finish("a day", SEED)
            show([outcome])
            print(dict(events.happened))
            assert outcome.clean, f"{outcome}\n{stage.logs()}"
            assert outcome.articles == A_DAY * VOICES + 1
        finally:
            stage.close()
