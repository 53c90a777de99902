"""Topics as others make, change and delete them, on brokers that create topics by themselves (Kafka's default)."""

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient

from streams.brokers.kafka_cluster import KafkaCluster
from streams.kafka.topic_states import describe_topics
from streams.kafka.topics import changelog_topic, topic_specs
from tests.integration.streams.conftest import SETTINGS
from tests.rigs.command import newswatch
from tests.rigs.stream import Stream
from tests.rigs.topics import delete_topics

FLOODS = "rules: [{name: floods, kind: match, where: {text: flood}, throttle: 1m, topic: alerts.desk}]"


def flood(number: int) -> dict[str, Any]:
    return {"id": f"a{number}", "text": "The flood rose.", "published_at": f"2025-03-01T{number:02}:00:00Z"}


@pytest.fixture(scope="module")
def careless(kafka: KafkaCluster) -> Iterator[KafkaCluster]:
    """A broker that creates every topic that a client asks about."""
    del kafka  # only for its skip
    with KafkaCluster(properties={"auto.create.topics.enable": "true"}) as cluster:
        yield cluster


@pytest.fixture
def admin(careless: KafkaCluster) -> Iterator[KafkaAdminClient]:
    made = KafkaAdminClient(bootstrap_servers=careless.bootstrap_servers)
    yield made
    made.close()


@pytest.fixture
def watch(careless: KafkaCluster, prefix: str, tmp_path: Path) -> Iterator[Stream]:
    made = Stream(careless.bootstrap_servers, prefix, tmp_path / "watch", FLOODS, partitions=2, **SETTINGS)
    yield made
    made.kill()


def command(watch: Stream, *words: str, **changes: Any) -> subprocess.CompletedProcess[str]:
    given = watch.settings.model_dump(exclude_unset=True) | changes
    given["brokers"] = ",".join(given["brokers"])
    return newswatch(*words, *(word for name, value in given.items() for word in ("--set", f"{name}={value}")))


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_topics_that_others_made_are_compared_refused_and_changed(watch: Stream, admin: KafkaAdminClient) -> None:
    topic, changelog = watch.settings.topic, changelog_topic(watch.settings)
    own: dict[str, tuple[int, dict[str, str]]] = {
        topic("articles"): (1, {}),
        topic("articles.enriched"): (2, {"max.message.bytes": "20000"}),
        topic("observations"): (2, {"cleanup.policy": "compact"}),
        topic("alerts"): (3, {"retention.ms": "60000"}),
        changelog: (2, {"cleanup.policy": "delete", "retention.ms": "60000"}),
    }
    for name, (partitions, config) in own.items():
        admin.create_topics({name: {"num_partitions": partitions, "replication_factor": 1, "configs": config}})
    admin.wait_for_topics(list(own), 60_000)

    missing = lines(command(watch, "topics", "diff", "--json"))
    assert {one["topic"] for one in missing if one["what"] == "topic"} == {
        topic(name) for name in ("articles.dead", "articles.dead.replayed", "alerts.desk")
    }

    created = {line["topic"]: line for line in lines(command(watch, "topics", "create", "--json"))}
    assert created[topic("alerts.desk")] | {"config": None} == {
        "topic": topic("alerts.desk"), "created": True, "partitions": 1, "config": None, "differs": []
    }  # fmt: skip
    assert (created[topic("articles")]["partitions"], created[topic("alerts")]["partitions"]) == (1, 3)
    assert created[changelog]["config"]["cleanup.policy"] == "delete"
    table = command(watch, "topics", "create")
    assert table.returncode == 0
    assert "1 minute" in next(line for line in table.stdout.splitlines() if changelog in line)

    found = command(watch, "topics", "diff", "--json")
    assert found.returncode == 1
    grave = {(one["topic"], one["what"]) for one in lines(found) if one["grave"]}
    assert grave == {(topic("observations"), "cleanup.policy"), (changelog, "cleanup.policy")}

    refused = watch.start()
    assert refused.process.wait(120) == 2
    said = refused.log.read_text()
    assert f"{changelog}: cleanup.policy is delete, expected compact: Kafka would delete rule state after 1 min" in said
    assert f"{topic('articles')}: partitions is 1, expected 2" in said
    assert f"{topic('articles.enriched')}: max.message.bytes is 20000, expected 8388608: larger records become" in said
    assert "Traceback" not in said

    before = describe_topics(watch.settings, list(own))
    shown = command(watch, "topics", "apply")
    assert "changes to make; add --yes to make them" in shown.stderr
    assert describe_topics(watch.settings, list(own)) == before

    words = shlex.split(said[said.index("`newswatch topics apply --needed") :].split("`")[1])
    assert newswatch(*words[1:]).returncode == 0
    rest = lines(command(watch, "topics", "diff", "--json"))
    assert rest
    assert not any(one["grave"] for one in rest)
    assert command(watch, "topics", "apply", "--yes").returncode == 0
    left = command(watch, "topics", "diff")
    assert (left.returncode, left.stdout) == (0, "")
    now = {state.name: state for state in describe_topics(watch.settings, list(own))}
    assert now[changelog].config["cleanup.policy"] == "compact"
    assert set(now[topic("alerts")].config["cleanup.policy"].split(",")) == {"compact", "delete"}
    assert now[topic("articles")].partitions == 2
    longer = command(watch, "topics", "apply", "--yes", "--json", articles_retention_days=1)
    assert [(one["topic"], one["what"], one["wanted"]) for one in lines(longer)] == [
        (topic("articles"), "retention.ms", "86400000")
    ]

    watch.start().wait_ready()
    watch.produce([flood(0)])
    watch.wait_committed()
    assert len(watch.alerts("alerts.desk")) == 1


def test_a_deleted_topic_costs_itself_and_nobody_creates_it(
    watch: Stream, admin: KafkaAdminClient, wait_until: Callable[..., None]
) -> None:
    watch.create_topics("alerts.desk")
    worker = watch.start(stall_seconds=600).wait_ready()
    watch.produce([flood(0)])
    watch.wait_committed()
    own, articles = watch.settings.topic("alerts.desk"), watch.settings.topic("articles")

    delete_topics(watch.settings, own)
    watch.produce([flood(number) for number in range(1, 6)])
    watch.wait_committed()
    assert len(watch.alerts()) == 6
    assert worker.log.read_text().count(f"the topic {own} does not exist any more") == 1
    assert worker.metric("newswatch_undelivered_alerts_total") == 5
    assert own not in admin.list_topics()
    assert worker.status.ready()

    watch.create_topics("alerts.desk")
    wait_until(lambda: (watch.produce([flood(6)]), watch.alerts("alerts.desk"))[1], 120, "no alert", watch, every=2)
    assert f"the topic {own} exists again" in worker.log.read_text()

    delete_topics(watch.settings, articles)
    wait_until(lambda: f"the topic {articles} was deleted" in worker.log.read_text(), 60, "not told", watch)
    wait_until(lambda: worker.log.read_text().count("was deleted") and not worker.status.ready(), 60, "ready", watch)
    assert articles not in admin.list_topics()
    watch.create_topics("alerts.desk")
    wait_until(lambda: "the worker restarts" in worker.log.read_text(), 120, "does not restart", watch)
    (again,) = describe_topics(watch.settings, [articles])
    assert again.partitions == 2


def test_a_second_version_reads_the_articles_of_the_first(watch: Stream, careless: KafkaCluster) -> None:
    watch.create_topics("alerts.desk")
    canary = Stream(
        careless.bootstrap_servers,
        f"{watch.settings.app_id}-canary",
        watch.folder / "canary",
        FLOODS,
        partitions=2,
        input_topic=watch.settings.topic("articles"),
        **SETTINGS,
    ).create_topics("alerts.desk")
    try:
        watch.start()
        canary.start().wait_ready()
        watch.workers[0].wait_ready()
        watch.produce([flood(number) for number in range(3)])
        for each in (watch, canary):
            each.wait_committed()
        ids = [sorted(alert["id"] for alert in each.alerts()) for each in (watch, canary)]
        assert ids[0] == ids[1]
        assert len(ids[0]) == 3
        assert len(canary.alerts("alerts.desk")) == 3
    finally:
        canary.kill()


def test_more_replicas_than_brokers(watch: Stream) -> None:
    refused = command(watch, "topics", "create", "--replication-factor", "3")
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"newswatch: cannot create topic {watch.settings.topic('articles')}: Unable to replicate")
    assert line.endswith("set it to at most the number of brokers, or to -1 for the brokers' default")
    assert command(watch, "topics", "create", "--replication-factor", "-1").returncode == 0
    specs = topic_specs(watch.settings, ["alerts.desk"])
    states = describe_topics(watch.settings, [spec.name for spec in specs])
    assert [state.replication_factor for state in states] == [1] * len(specs)
