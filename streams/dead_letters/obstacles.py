"""Why a letter cannot be replayed, and what to do about it. Each is judged by itself, so that one bars no other.

A writer of dead letters must not choose where replay writes: only topics of this deployment that somebody reads count.
"""

from __future__ import annotations

from collections.abc import Collection

from streams.dead_letters.letters import StoredLetter
from streams.kafka.topics import ALERTS, ARTICLES, OBSERVATIONS, changelog_topic
from streams.settings import Settings


def obstacle(settings: Settings, letter: StoredLetter, present: Collection[str]) -> str | None:
    """The reason and the remedy; None if the letter can be replayed. ``present``: the topics that this user sees."""
    articles, observations, alerts = (settings.topic(name) for name in (ARTICLES, OBSERVATIONS, ALERTS))
    topic = letter.topic
    if topic == changelog_topic(settings):
        return (
            f"it is a record of rule state, which a worker writes to {topic} and has in memory, newer by now. The rule "
            "goes on from its next article; raise the limit that `newswatch dead list` shows, so that the next is kept"
        )
    if not topic:
        return "it names no topic as its origin: another program wrote it. `newswatch dead show` prints its bytes"
    if topic not in (articles, observations, alerts) and not topic.startswith(f"{alerts}."):
        return (
            f"topic {topic!r} as its origin is none that replay writes to; expected {articles}, {observations}, "
            f"{alerts} or {alerts}.NAME. If it was this deployment's topic of articles, replay it with --set "
            f"input_topic={topic}; else `newswatch dead show` prints its bytes"
        )
    if topic not in present:
        return (
            f"topic {topic} does not exist, or this user may not see it. Create it with `newswatch topics create "
            "--rules DIR`, where DIR has a rule that names it, or grant this user the role `operator`"
        )
    return None


def lacking(settings: Settings, letter: StoredLetter) -> str:
    """Where to find the content of a letter that lacks it, and what to do with it."""
    lacks = f"it lacks its content ({letter.left_out:,} bytes), which did not fit into a dead letter"
    if letter.from_offset < 0:
        return (
            f"{lacks}, and {letter.topic} has not taken it. Raise max.message.bytes of both topics, so that the next "
            "is kept"
        )
    if letter.topic != settings.topic(ARTICLES):
        return f"{lacks}. It is at {letter.topic} {letter.from_partition}:{letter.from_offset} until retention ends"
    return (
        f"{lacks}. Until retention deletes it, send it again with `kafka-console-consumer.sh --bootstrap-server "
        f"{settings.brokers[0]} --topic {letter.topic} --partition {letter.from_partition} --offset "
        f"{letter.from_offset} --max-messages 1 | newswatch ingest -`"
    )
