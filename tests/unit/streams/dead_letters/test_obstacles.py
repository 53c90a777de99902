"""Why a letter cannot be replayed: the reason, and what to do about it."""

from datetime import UTC, datetime

import pytest

from streams.dead_letters.letters import StoredLetter
from streams.dead_letters.obstacles import lacking, obstacle
from streams.settings import load_settings

SETTINGS = load_settings(brokers="kafka:9092", topic_prefix="desk.", input_topic="news")
PRESENT = {
    "news",
    "desk.observations",
    "desk.alerts",
    "desk.alerts.floods",
    "desk.secrets",
    "newswatch-facts-changelog",
}


def letter(topic: str, offset: int = 7, left_out: int = 0) -> StoredLetter:
    return StoredLetter(
        partition=0, offset=3, time=datetime(2025, 3, 1, tzinfo=UTC), reason="no_text", message="m", error="e",
        stage="decode", topic=topic, from_partition=1, from_offset=offset, timestamp=None, key=b"k", value=b"v",
        headers=[], left_out=left_out,
    )  # fmt: skip


@pytest.mark.parametrize("topic", ["news", "desk.observations", "desk.alerts", "desk.alerts.floods"])
def test_whatever_this_deployment_reads_or_sends_can_be_replayed(topic: str) -> None:
    assert obstacle(SETTINGS, letter(topic), PRESENT) is None


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        ("", "it names no topic as its origin: another program wrote it. `newswatch dead show` prints its bytes"),
        ("desk.secrets", "topic 'desk.secrets' as its origin is none that replay writes to; expected news, desk.obs"),
        ("articles", "If it was this deployment's topic of articles, replay it with --set input_topic=articles; else"),
        ("desk.alertsfloods", "is none that replay writes to"),
        (
            "desk.alerts.gone",
            "topic desk.alerts.gone does not exist, or this user may not see it. Create it with `news",
        ),
        ("newswatch-facts-changelog", "it is a record of rule state, which a worker writes to newswatch-facts-changel"),
    ],
)
def test_each_obstacle_has_a_reason_and_a_remedy(topic: str, says: str) -> None:
    found = obstacle(SETTINGS, letter(topic), PRESENT)
    assert found is not None
    assert says in found


@pytest.mark.parametrize(
    ("topic", "offset", "says"),
    [
        ("news", 7, "--bootstrap-server kafka:9092 --topic news --partition 1 --offset 7 --max-messages 1 | newswatch"),
        (
            "desk.observations",
            7,
            "(20,000 bytes), which did not fit into a dead letter. It is at desk.observations 1:7",
        ),
        ("desk.alerts", -1, "and desk.alerts has not taken it. Raise max.message.bytes of both topics"),
    ],
)
def test_a_letter_without_content_says_where_it_is(topic: str, offset: int, says: str) -> None:
    assert says in lacking(SETTINGS, letter(topic, offset, 20_000))
