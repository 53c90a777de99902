"""Dead letters of what a broker refuses, in a form that the topic of dead letters takes."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from streams.kafka.topic_limits import TopicLimits
from streams.records.dead_letter import LEFT_OUT, DeadLetter
from streams.settings import load_settings
from streams.transport.refused_records import RecordRefusedError
from streams.transport.sender import Message
from streams.worker.agents.refusals import Refusals, RefusedError

NOW = datetime(2025, 3, 1, tzinfo=UTC)
SETTINGS = load_settings(brokers="127.0.0.1:1")


class Box:
    """A topic that takes records of up to ``most`` bytes, not packed."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken: list[Message] = []

    async def offer(self, messages: Iterable[Message]) -> list[Any]:
        found: list[Any] = []
        for message in messages:
            size = len(message.value or b"") + sum(len(value or b"") for _, value in message.headers)
            if size > self.most:
                found.append(RecordRefusedError(10, message.topic, 0, size))
            else:
                self.taken.append(message)
                found.append("written")
        return found


def letter(size: int, message: str = "too large") -> DeadLetter:
    return DeadLetter(
        reason="record_too_large",
        message=message,
        error="RefusedError",
        stage="send",
        topic="articles",
        partition=1,
        offset=7,
        timestamp=NOW,
        key=b"k",
        value=b"x" * size,
    )


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The configuration that the broker gives, empty for one that gives none."""
    config: dict[str, str] = {}
    monkeypatch.setattr(TopicLimits, "_ask", lambda self, topic: dict(config))
    return config


def sent(most: int, *letters: DeadLetter) -> list[Message]:
    box = Box(most)
    asyncio.run(Refusals(SETTINGS, box).send(letters))  # type: ignore[arg-type]
    return box.taken


def test_what_fits_goes_as_it_is_and_the_rest_without_content(limits: dict[str, str]) -> None:
    small, large = sent(1_000, letter(10), letter(2_000))
    assert (small.value, small.key) == (b"x" * 10, b"k")
    assert (large.value, large.key, dict(large.headers)[LEFT_OUT]) == (None, b"", b"2001")


def test_at_last_a_letter_goes_with_the_beginning_of_its_message(limits: dict[str, str]) -> None:
    (short,) = sent(500, letter(2_000, "too large, for many reasons " * 100))
    headers = dict(short.headers)
    assert headers["__connect.errors.exception.message"] == (b"too large, for many reasons " * 4)[:100]
    assert (headers["__connect.errors.offset"], headers[LEFT_OUT]) == (b"7", b"2001")


def test_a_topic_that_does_not_even_take_that_ends_the_worker(limits: dict[str, str]) -> None:
    limits["max.message.bytes"] = "50"
    with pytest.raises(
        RefusedError, match=r"articles.dead refuses .* its max.message.bytes is 50. Raise it: kafka-conf"
    ):
        sent(50, letter(2_000))


@pytest.mark.parametrize(
    ("refusal", "config", "says"),
    [
        ("MESSAGE_TOO_LARGE", {"max.message.bytes": "1048588"}, "its max.message.bytes is 1,048,588. Raise it: "),
        ("MESSAGE_TOO_LARGE", {}, "its max.message.bytes is lower. Raise it: "),
        ("RECORD_LIST_TOO_LARGE", {"segment.bytes": "1048576"}, "its segment.bytes is 1,048,576. Raise it: "),
        ("INVALID_RECORD", {"cleanup.policy": "compact"}, "its cleanup.policy is compact; a compacted topic takes no"),
        ("INVALID_RECORD", {}, "its cleanup.policy may be compact"),
        (
            "INVALID_TIMESTAMP",
            {},
            "this machine's clock and the broker's differ. Set them, or let the broker stamp the topic",
        ),
    ],
)
def test_each_refusal_has_a_remedy(limits: dict[str, str], refusal: str, config: dict[str, str], says: str) -> None:
    limits.update(config)
    said = TopicLimits(SETTINGS).remedy("alerts", refusal, 2_000_000)
    assert said.startswith(says)
    if "kafka-configs.sh" in said:
        assert "--bootstrap-server 127.0.0.1:1 --alter --entity-type topics --entity-name alerts --add-config" in said


def test_the_remedy_is_enough_for_the_record(limits: dict[str, str]) -> None:
    said = TopicLimits(SETTINGS).remedy("alerts", "MESSAGE_TOO_LARGE", 20_000_000)
    assert said.endswith("max.message.bytes=20065536")
