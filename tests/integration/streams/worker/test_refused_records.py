"""Topics that take only small records: what is too large for one costs its article, and nothing else."""

import json
import random
from collections.abc import Callable
from typing import Any

from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from typer.testing import CliRunner

from streams.cli import app
from streams.kafka.clients import admin_client
from streams.kafka.topics import changelog_topic

RULES = """
rules:
  - {name: floods, kind: match, where: {text: flood}}
  - {name: many, kind: frequency, where: {text: flood}, group_by: [meta.desk], window: 1h, at_least: 2}
"""
#: What each topic takes, in bytes; the articles' sizes are between these.
ENRICHED, OBSERVED, WRITTEN, ALERTED, DEAD = 50_000, 10_000, 5_000, 2_000, 200_000
COMMAND = "kafka-configs.sh --bootstrap-server {broker} --alter --entity-type topics --entity-name {topic} --add-config"
DAY = "2025-03-01T10:00:00Z"


def noise(characters: int) -> str:
    """Text that packs to about half."""
    return random.Random(characters).randbytes(characters // 2).hex()


def article(id_: str, desk: str, text: str = "") -> dict[str, Any]:
    return {"id": id_, "text": f"A flood. {text}", "published_at": DAY, "received_at": DAY, "meta": {"desk": desk}}


ARTICLES = [
    article("good-1", "moscow"),
    article("long", "long", noise(150_000)),  # too large for articles.enriched
    article("longer", "longer", noise(700_000)),  # for articles.dead as well
    article("observed", noise(24_000)),  # for observations
    article("alerted-1", noise(6_000)),  # together, for alerts
    article("written", noise(14_000)),  # for the changelog
    article("good-2", "moscow"),
    article("alerted-2", noise(6_000)),
]


def alter(watch: Any, topic: str, **config: Any) -> None:
    admin = admin_client(watch.settings)
    given = {key.replace("_", "."): str(value) for key, value in config.items()}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=given)])
    admin.close()


def letters(watch: Any) -> dict[str, dict[str, str]]:
    """Each dead letter's headers, with its value, by the article or alert that it is about."""
    found = {}
    for record in watch.read("articles.dead"):
        headers = {name.removeprefix("__connect.errors."): value.decode() for name, value in record.headers}
        about = json.loads(record.value) if record.value else {}
        name = about.get("id") or about.get("article", {}).get("id") or headers["offset"]
        headers["value"] = (record.value or b"").decode()
        found[headers["topic"].removeprefix(watch.settings.topic_prefix) + " " + about.get("rule", name)] = headers
    return found


def test_a_record_that_a_topic_does_not_take_costs_its_article(
    new_watch: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    watch = new_watch(RULES)
    watch.create_topics("alerts.floods", "alerts.many")
    topic, settings = watch.settings.topic, watch.settings
    limits = {"articles.enriched": ENRICHED, "observations": OBSERVED, "articles.dead": DEAD}
    limits |= {"alerts": ALERTED, "alerts.many": ALERTED}
    for name, limit in limits.items():
        alter(watch, topic(name), max_message_bytes=limit)
    alter(watch, changelog_topic(settings), max_message_bytes=WRITTEN)
    watch.produce(ARTICLES, partition=0)
    worker = watch.start().wait_ready()
    watch.wait_committed()
    found = letters(watch)
    assert sorted(found) == [
        "alerts many",
        "alerts.many many",
        "articles 2",
        "articles long",
        "articles observed",
        "observations many",
    ]
    assert {headers["newswatch_reason"] for headers in found.values()} == {"record_too_large"}
    assert {headers["stage"] for headers in found.values()} == {"send", "detect"}
    assert json.loads(found["articles long"]["value"]) == ARTICLES[1]
    assert found["articles 2"]["value"] == ""  # its content does not fit; it is still on `articles`
    assert int(found["articles 2"]["newswatch_left_out_bytes"]) > 700_000
    said = found["articles long"]["exception.message"]
    command = COMMAND.format(broker=settings.brokers[0], topic=topic("articles.enriched"))
    assert said.startswith(f"{topic('articles.enriched')} refuses a record of ")
    assert "compressed (MESSAGE_TOO_LARGE); its max.message.bytes is 50,000. Raise it: " in said
    assert said.endswith(f"{command} max.message.bytes=8388608")
    assert topic("observations") in found["articles observed"]["exception.message"]
    assert changelog_topic(settings) in found["observations many"]["exception.message"]

    enriched = {json.loads(record.value)["id"] for record in watch.read("articles.enriched")}
    assert enriched == {one["id"] for one in ARTICLES} - {"long", "longer"}
    sent = [(alert["rule"], alert["group"].get("meta.desk")) for alert in watch.alerts()]
    assert sorted(sent, key=str) == sorted([("floods", None)] * len(ARTICLES) + [("many", "moscow")], key=str)
    assert len({alert["id"] for alert in watch.alerts()}) == len(ARTICLES) + 1
    worker.require_running()
    assert worker.metric("newswatch_dead_letters_total") == len(found)
    # An alert that is a dead letter is not counted; one of an article that is a dead letter for another record is.
    assert worker.metric("newswatch_alerts_total") == len(sent)
    assert worker.metric("newswatch_articles_total") == len(ARTICLES)

    # With the limits raised, replay brings the rest: the alert itself, and what follows from the articles.
    for name in ("articles.enriched", "observations", "alerts", "alerts.many"):
        alter(watch, topic(name), max_message_bytes=8 * 2**20)
    alter(watch, changelog_topic(settings), max_message_bytes=8 * 2**20)
    flags = ["--brokers", settings.brokers[0], "--set", f"topic_prefix={settings.topic_prefix}"]
    done = CliRunner().invoke(app, ["dead", "replay", *flags])
    assert done.exit_code == 0, done.output
    watch.wait_committed()
    assert {json.loads(record.value)["id"] for record in watch.read("articles.enriched")} == enriched | {"long"}
    groups = {alert["group"]["meta.desk"] for alert in watch.alerts() if alert["rule"] == "many"}
    assert groups == {"moscow", ARTICLES[4]["meta"]["desk"]}
    worker.require_running()

    # Clocks that differ, and segments smaller than a record: other refusals, the same cost.
    alter(watch, topic("articles.enriched"), message_timestamp_type="CreateTime", message_timestamp_before_max_ms=0)
    alter(watch, topic("articles.dead"), max_message_bytes=8 * 2**20, segment_bytes=2**20)
    watch.produce([article("timed", "osh")])
    producer = KafkaProducer(bootstrap_servers=settings.brokers, max_request_size=4 * 2**20)
    producer.send(topic("articles"), value=random.Random(3).randbytes(1_800_000)).get(30)
    producer.close()
    watch.wait_committed()
    others = {name: headers for name, headers in letters(watch).items() if name not in found}
    timed, garbage = others.pop("articles timed"), others.popitem()[1]
    assert (timed["newswatch_reason"], others) == ("record_refused", {})
    assert "INVALID_TIMESTAMP" in timed["exception.message"]
    assert "this machine's clock and the broker's differ" in timed["exception.message"]
    assert (garbage["newswatch_reason"], garbage["newswatch_left_out_bytes"]) == ("not_utf8", "1800000")
    worker.require_running()

    # A topic that takes no record without a key takes no progress report: the worker says so, once.
    alter(watch, topic("observations"), cleanup_policy="compact")
    watch.produce([article("reported", "osh")])  # a worker reports only if it has news
    wait_until(lambda: worker.process.poll() is not None, 90, "the worker goes on", worker)
    assert f"the worker stops: {topic('observations')} refuses a record of " in worker.logs()
    assert "its cleanup.policy is compact; a compacted topic takes no record without a key" in worker.logs()
