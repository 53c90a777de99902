"""The stage of a chaos test: topics, workers that are restarted when they end, a feed, and the outcome."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from detectors.model.event_time import parse_time
from streams.records.article import BadArticleError, decode_article
from tests.chaos.feeding import Clock, Feeding, feed, feed_with_clock
from tests.chaos.kept_worker import KeptWorker
from tests.chaos.outcome import Outcome
from tests.chaos.progress import Progress
from tests.rigs.scan import scan
from tests.rigs.topics import Topics, described

END_SECONDS = 100.0
#: Articles per second that workers process at least, whatever else the machine does.
SLOWEST = 50
RESTART_SECONDS = 0.5
#: Short timeouts, so that brokers and workers notice faults soon, and no clock that moves event time.
SETTINGS = {
    "session_timeout_seconds": 4.0,
    "heartbeat_seconds": 0.5,
    "request_timeout_seconds": 15.0,
    "rules_reload_seconds": 0.3,
    "advance_when_silent": False,
}
_ORACLE: dict[str, dict[str, str]] = {}


class Stage(Topics):
    """Topics and workers of one test, fed with articles; compared at the end with `newswatch scan` of the same."""

    def __init__(
        self, brokers: str, name: str, folder: Path, rules: str, *, partitions: int = 6, replication: int = 1
    ) -> None:
        super().__init__(
            brokers, name, folder, rules, partitions=partitions, replication_factor=replication, **SETTINGS
        )
        self.create_topics()
        self.workers: list[KeptWorker] = []
        self.fed: list[bytes] = []
        self.progress = Progress(self.settings)
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def start(
        self,
        number: int = 1,
        *,
        ready: bool = True,
        wrap: Sequence[str] = (),
        host: str = "127.0.0.1",
        **changes: Any,
    ) -> list[KeptWorker]:
        """Start workers, and wait until they are ready."""
        new = []
        for _ in range(number):
            log = self.folder / f"worker-{next(self._numbers)}.log"
            new.append(KeptWorker(self.settings, log, wrap=wrap, host=host, **changes))
        self.workers += new
        if ready:
            for worker in new:
                worker.wait_ready()
        return new

    def feed(self, articles: Iterable[bytes], seconds: float = 0.0) -> None:
        """Send articles as `newswatch ingest` does, spread over a number of seconds."""
        every = list(articles)
        self.fed += every
        feed(self.settings, every, seconds)

    def feed_with_clock(self, articles: Iterable[bytes], seconds: float, wrong: Clock) -> None:
        """Send articles from a client with a wrong clock."""
        every = list(articles)
        self.fed += every
        feed_with_clock(self.settings, every, seconds, wrong)

    def feeding(self, articles: Iterable[bytes], seconds: float) -> Feeding:
        """Feed in the background, around a fault."""
        return Feeding(lambda: self.feed(articles, seconds))

    def fault(self) -> None:
        """Record a fault; its recovery time ends when every partition has made progress."""
        self.progress.fault()

    def finish(self, fault: str, seed: int) -> Outcome:
        """Wait until everything is processed, and return the outcome."""
        unseen = self.wait_until_done()
        expected = self._expected()
        alerts = self.alerts()
        revisions = {(alert["id"], alert["revision"]) for alert in alerts}
        began = [alert_id for alert_id, _ in {(a["id"], a["revision"]) for a in alerts if a["state"] == "firing"}]
        arrived = {record.key for record in self.read("articles.enriched")}
        dead = {record.value for record in self.read("articles.dead")}
        lost = [line for line in self.fed if _id(line) not in arrived and line not in dead]
        found = {alert["id"] for alert in alerts}
        injections = self.progress.injections
        return Outcome(
            fault=fault,
            seed=seed,
            articles=len(self.fed),
            alerts=len(expected),
            lost_articles=len(lost),
            lost_alerts=sorted(expected[id_] for id_ in set(expected) - found),
            unexpected=sorted(described(alert) for alert in alerts if alert["id"] not in expected),
            duplicates=len(began) - len(set(began)),
            raw_duplicates=len(alerts) - len(revisions),
            late=self.late(),
            faults=len(injections),
            restarts=sum(worker.restarts for worker in self.workers),
            recovery=[one.recovered - one.at for one in injections if one.recovered is not None],
            unseen=unseen,
        )

    def late(self) -> int:
        """Late observations as counted by the running workers; the counts of killed ones are lost."""
        return int(sum(worker.metric("newswatch_late_observations_total") for worker in self.workers))

    def close(self) -> None:
        """Stop everything."""
        self._stopping.set()
        self._keeper.join(20)
        self.progress.close()
        for worker in self.workers:
            worker.kept = False
            worker.kill()

    def logs(self) -> str:
        """The last lines of every worker's log."""
        return "\n".join(worker.logs() for worker in self.workers)

    def wait_until_done(self) -> int:
        """Wait for articles, for event time, then for chains of two hops; returns the number of records left."""
        deadline = time.monotonic() + END_SECONDS + len(self.fed) / SLOWEST
        left = self.progress.wait_committed("articles", deadline)
        left += self._wait_for_event_time(max(filter(None, map(_time, self.fed))), deadline)
        for _ in range(3):  # what event time releases, and what chains derive from it
            time.sleep(1.5)
            left += self.progress.wait_committed("observations", deadline)
        return left

    def _wait_for_event_time(self, newest: datetime, deadline: float) -> int:
        """Wait until every partition of observations has reached this time; returns how many have not."""
        while True:
            found = [worker.shows("newswatch_watermark_timestamp_seconds") for worker in self.workers]
            reached = {name for one in found for name, value in one.items() if value >= newest.timestamp() - 0.001}
            if len(reached) == self.settings.partitions or time.monotonic() > deadline:
                return self.settings.partitions - len(reached)
            time.sleep(0.3)

    def _expected(self) -> dict[str, str]:
        """The alerts of `newswatch scan` for the same articles; cached, because most faults get the same feed."""
        file = self.folder / "articles.jsonl"
        file.write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in self.fed))
        key = sha256(file.read_bytes() + (self.rules / "rules.yaml").read_bytes()).hexdigest()
        if key not in _ORACLE:
            _ORACLE[key] = {alert["id"]: described(alert) for alert in scan(file, "--rules", str(self.rules))}
        return _ORACLE[key]

    def _keep(self) -> None:
        while not self._stopping.wait(RESTART_SECONDS):
            for worker in list(self.workers):
                worker.keep()


def _time(line: bytes) -> datetime | None:
    """The time of a dated article."""
    try:
        return parse_time(decode_article(line).published_at or "")
    except BadArticleError:
        return None


def _id(line: bytes) -> bytes | None:
    try:
        return decode_article(line).key.encode()
    except BadArticleError:
        return None
