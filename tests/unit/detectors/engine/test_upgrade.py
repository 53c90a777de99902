"""This version reads state and records that a release left in Kafka, with the same alerts."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
import pytest

from detectors.engine.matching import Engine
from detectors.engine.outcome import Step
from detectors.engine.partition import PartitionState
from detectors.loading.ruleset import load_rules
from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle
from detectors.model.observation import Observation
from tests.rigs.golden import V0_1, json_lines

#: Articles that 0.1 read before the restart.
READ = 20
SILENT_UNTIL = timedelta(days=12)


class Partition:
    """One partition of all rules, without a broker."""

    def __init__(self, engine: Engine, newest: datetime | None = None) -> None:
        self.engine = engine
        self.state = PartitionState(engine)
        self.newest = newest
        self.alerts: list[Alert] = []
        self.marks: set[str] = set()

    def feed(self, articles: Iterable[EnrichedArticle]) -> None:
        for article in articles:
            reading = self.engine.read(article)
            self.alerts += [firing.alert for firing in reading.firings]
            if reading.pulse is not None:
                self.take(self.state.pulse((reading.pulse,)))
            for observation in reading.observations:
                self.take(self.state.observe(observation))
            if self.newest is None or article.event_time > self.newest:
                self.newest = article.event_time
                self.advance(article.event_time)

    def advance(self, time: datetime) -> None:
        for depth in range(self.engine.depths):
            self.take(self.state.advance(time, depth=depth))

    def take(self, step: Step) -> None:
        self.alerts += [firing.alert for firing in step.firings]
        self.marks |= {key.split("~")[1].split(" ")[0] for key, _ in step.puts if "~" in key}
        for observation in step.observations:
            self.take(self.state.observe(observation))

    def lines(self) -> list[str]:
        return [f"{alert.rule} {alert.id} {alert.revision} {alert.state}" for alert in self.alerts]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_rules(V0_1 / "rules"))


@pytest.fixture(scope="module")
def articles() -> list[EnrichedArticle]:
    lines = (V0_1 / "enriched.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=EnrichedArticle) for line in lines]


def _stored() -> list[tuple[str, bytes]]:
    return [(record["key"], b64decode(record["value"])) for record in json_lines(V0_1 / "changelog.jsonl")]


def test_same_articles_give_the_same_alerts(engine: Engine, articles: list[EnrichedArticle]) -> None:
    partition = Partition(engine)
    partition.feed(articles[:READ])
    assert partition.lines() == (V0_1 / "alerts_before_restart.txt").read_text().splitlines()


def test_changelog_of_the_release_continues_where_it_stopped(engine: Engine, articles: list[EnrichedArticle]) -> None:
    partition = Partition(engine, max(article.event_time for article in articles[:READ]))
    partition.state.load(iter(_stored()))
    partition.feed(articles[READ:])
    partition.advance(articles[-1].event_time + SILENT_UNTIL)
    assert partition.lines() == (V0_1 / "alerts_after_restart.txt").read_text().splitlines()


def test_order_of_a_changelog_does_not_matter(engine: Engine, articles: list[EnrichedArticle]) -> None:
    partition = Partition(engine, max(article.event_time for article in articles[:READ]))
    partition.state.load(reversed(_stored()))
    partition.feed(articles[READ:])
    partition.advance(articles[-1].event_time + SILENT_UNTIL)
    assert sorted(partition.lines()) == sorted((V0_1 / "alerts_after_restart.txt").read_text().splitlines())


def test_marks_keep_their_names(engine: Engine, articles: list[EnrichedArticle]) -> None:
    before = Partition(engine)
    before.feed(articles[:READ])
    after = Partition(engine, before.newest)
    after.state.load(iter(_stored()))
    after.feed(articles[READ:])
    after.advance(articles[-1].event_time + SILENT_UNTIL)
    wire = msgspec.json.decode((V0_1 / "wire.json").read_bytes())
    assert sorted(before.marks | after.marks) == wire["marks"]


def test_changelog_equals_that_of_the_release(engine: Engine, articles: list[EnrichedArticle]) -> None:
    """A rollback reads what this version wrote: keys and values are equal byte for byte."""
    partition = PartitionState(engine)
    written: dict[str, bytes] = {}

    def take(step: Step) -> None:
        written.update(step.puts)
        for key in step.deletes:
            written.pop(key, None)
        for observation in step.observations:
            take(partition.observe(observation))

    newest = None
    for article in articles[:READ]:
        reading = engine.read(article)
        if reading.pulse is not None:
            take(partition.pulse((reading.pulse,)))
        for observation in reading.observations:
            take(partition.observe(observation))
        if newest is None or article.event_time > newest:
            newest = article.event_time
            for depth in range(engine.depths):
                take(partition.advance(newest, depth=depth))
    ours = {key: value for key, value in written.items() if not key.startswith("k-flatline-late")}
    assert ours == dict(_stored())


@pytest.mark.parametrize("record", json_lines(V0_1 / "observations.jsonl"), ids=lambda record: record["value"]["rule"])
def test_an_observation_keeps_its_key_and_its_fields(record: dict) -> None:
    observation = msgspec.convert(record["value"], Observation)
    assert observation.key == record["key"]
    assert msgspec.json.decode(msgspec.json.encode(observation)) == record["value"]


@pytest.mark.parametrize("record", json_lines(V0_1 / "alerts.jsonl"), ids=lambda one: f"{one['kind']}-{one['state']}")
def test_an_alert_keeps_its_fields(record: dict) -> None:
    assert msgspec.json.decode(msgspec.json.encode(msgspec.convert(record, Alert))) == record


@pytest.mark.parametrize("line", (V0_1 / "enriched.jsonl").read_bytes().splitlines()[:5])
def test_an_enriched_article_keeps_its_fields(line: bytes) -> None:
    written = msgspec.json.decode(msgspec.json.encode(msgspec.json.decode(line, type=EnrichedArticle)))
    assert written.pop("events") == []  # since 0.3
    assert list(written.items()) == list(msgspec.json.decode(line).items())
