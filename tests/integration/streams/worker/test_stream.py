"""End to end on real Kafka: a plain client sends articles; enriched articles, alerts and dead letters come out."""

import json
import signal
from collections.abc import Callable
from typing import Any

RULES = """
rules:
  - name: human-rights-in-tajikistan
    kind: match
    where: {sentence: {official: {class: foreign_minister, country: USA}, text: 'human rights'}, country: TJK}
    topic: alerts.central-asia
    annotations: {summary: '{{ official.name }} raised human rights'}
  - name: explosions
    kind: frequency
    where: {text: 'explosion*'}
    group_by: [source]
    window: 1h
    at_least: 3
"""

VISIT = {
    "id": "visit",
    "title": "Kerry in Dushanbe",
    "source": "wire.example",
    "published_at": "2015-11-03T09:00:00Z",
    "text": "DUSHANBE - U.S. Secretary of State John Kerry raised human rights with the president of Tajikistan on "
    "Tuesday. He flies on to Turkmenistan.",
}
BAD = {
    "not_json": b"<html>502 Bad Gateway</html>",
    "wrong_type": b'{"text": ["a", "b"]}',
    "no_text": b'{"title": "no text"}',
    "not_utf8": b'{"text": "caf\xe9"}',
    "too_large": json.dumps({"text": "a" * 1_000_001}).encode(),
}


def explosion(number: int, source: str = "wire.example") -> dict[str, Any]:
    return {
        "id": f"explosion-{source}-{number}",
        "source": source,
        "published_at": f"2015-11-03T10:{number:02d}:00Z",
        "text": f"An explosion was heard in district {number} of the city, residents said on Tuesday.",
    }


def headers_of(record: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


def test_articles_become_enriched_articles_alerts_and_dead_letters(new_watch: Callable[..., Any]) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics("alerts.central-asia", "alerts.explosions")
    worker = watch.start().wait_ready()
    watch.produce([VISIT, *BAD.values(), *(explosion(n) for n in range(4)), explosion(0, "other.example")])
    watch.wait_committed()

    enriched = {json.loads(record.value)["id"]: record for record in watch.read("articles.enriched")}
    assert set(enriched) == {"visit", "explosion-other.example-0", *(f"explosion-wire.example-{n}" for n in range(4))}
    visit = json.loads(enriched["visit"].value)
    assert {country["alpha3"] for country in visit["countries"]} == {"USA", "TJK", "TKM"}
    (official,) = visit["officials"]
    assert (official["name"], official["role_class"], official["country"]) == ("John Kerry", "foreign_minister", "USA")
    for mention in official["mentions"]:
        assert visit[mention["in"]][mention["start"] : mention["end"]] == mention["text"]
    assert headers_of(enriched["visit"]) | {
        "ce_specversion": "1.0",
        "ce_id": "visit",
        "ce_type": "newswatch.enriched-article.v1",
        "ce_time": "2015-11-03T09:00:00Z",
        "content-type": "application/json",
    } == headers_of(enriched["visit"])

    everywhere = watch.alerts()
    assert {alert["rule"] for alert in everywhere} == {"human-rights-in-tajikistan", "explosions"}
    (rights,) = watch.alerts("alerts.central-asia")
    assert rights in everywhere
    assert rights["annotations"] == {"summary": "John Kerry raised human rights"}
    assert rights["evidence"][0]["article_id"] == "visit"
    (surge,) = [alert for alert in watch.alerts("alerts.explosions") if alert["state"] == "firing"]
    assert (surge["group"], surge["count"]) == ({"source": "wire.example"}, 3)
    (record,) = [one for one in watch.read("alerts") if json.loads(one.value)["id"] == rights["id"]]
    assert record.key.decode() == rights["id"]
    assert headers_of(record)["ce_type"] == "newswatch.alert.v1"

    dead = watch.read("articles.dead")
    assert {headers_of(record)["newswatch_reason"]: record.value for record in dead} == BAD
    assert all(headers_of(record)["__connect.errors.topic"].endswith("articles") for record in dead)

    samples = worker.status.samples()
    assert {labels["outcome"]: value for labels, value in samples["newswatch_articles_total"]} == {
        "enriched": 6,
        "dead": 5,
    }
    assert worker.stop() == 0


def test_a_stopped_worker_drains_within_ten_seconds_and_its_successor_continues(new_watch: Callable[..., Any]) -> None:
    watch = new_watch(RULES)
    first = watch.start().wait_ready()
    watch.produce(explosion(n) for n in range(2))
    watch.wait_committed()
    assert first.stop(10.0) == 0
    watch.produce([explosion(2)])
    watch.start().wait_ready()
    watch.wait_committed()
    (surge,) = watch.alerts("alerts.explosions")
    assert surge["count"] == 3
    assert [evidence["article_id"] for evidence in surge["evidence"]] == [
        f"explosion-wire.example-{n}" for n in range(3)
    ]


def test_an_interrupt_ends_a_worker_too(new_watch: Callable[..., Any]) -> None:
    worker = new_watch(RULES).start().wait_ready()
    worker.signal(signal.SIGINT)
    assert worker.process.wait(60) == 0
    assert "\x1b" not in worker.log.read_text()  # no terminal control characters in a log


def test_missing_topics_end_the_worker_with_advice_if_it_may_not_create_them(new_watch: Callable[..., Any]) -> None:
    worker = new_watch(RULES).start(create_topics=False)
    assert worker.process.wait(60) == 2
    said = worker.log.read_text()
    assert "missing topics:" in said
    assert "newswatch topics create" in said
    assert "Traceback" not in said
