"""The dead letter: the original of a record that could not be processed, with the reason in headers.

Key, value and headers are the original's. The added headers come after them and use the names of Kafka Connect's dead
letter queue, so that tools for those queues can read these letters.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from streams.records.cloudevents import Headers

PREFIX = "__connect.errors."
REASON = "newswatch_reason"
#: Kafka accepts a record with neither key nor value, but its client libraries do not: the letter of such a record gets
#: an empty key and this header.
NO_KEY = "newswatch_no_key"
#: The number of bytes of key, value and headers that were left out because they do not fit into a record.
LEFT_OUT = "newswatch_left_out_bytes"
#: Maximum length of an error's message, in characters: a dead letter must fit where its original did.
MAX_MESSAGE = 4000
#: The same for a topic that takes hardly anything.
SHORT_MESSAGE = 100
ADDED = ("topic", "partition", "offset", "timestamp", "stage", "exception.class.name", "exception.message")

OWN = {REASON: "reason", NO_KEY: "no_key", LEFT_OUT: "left_out"}


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be processed: ``reason`` (a short label), the error, its position and its content.

    ``timestamp`` is the Kafka record's timestamp, which is the arrival of an article without a date.
    """

    reason: str
    message: str
    error: str
    stage: str
    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: Headers = []
    left_out: int = 0

    @property
    def size(self) -> int:
        """Bytes of the original: key, value and headers."""
        headers = sum(len(name.encode()) + len(value or b"") for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers

    def without_content(self) -> DeadLetter:
        """The same letter without the original's key, value and headers, which can still be read at its position."""
        return msgspec.structs.replace(self, key=None, value=None, headers=[], left_out=self.left_out + self.size)

    def shortest(self) -> DeadLetter:
        """The same letter without content, and with the beginning of the message."""
        return msgspec.structs.replace(self.without_content(), message=self.message[:SHORT_MESSAGE])

    @property
    def sent_key(self) -> bytes | None:
        """The letter's key on Kafka: the original's, or an empty one if the record had neither key nor value."""
        return b"" if self._empty else self.key

    @property
    def _empty(self) -> bool:
        return self.key is None and self.value is None

    def all_headers(self) -> Headers:
        """The original's headers, followed by those that give the reason."""
        found = {
            "topic": self.topic,
            "partition": str(self.partition),
            "offset": str(self.offset),
            "timestamp": str(round(self.timestamp.timestamp() * 1000)),
            "stage": self.stage,
            "exception.class.name": self.error,
            "exception.message": self.message[:MAX_MESSAGE],
        }
        errors = [(PREFIX + name, found[name].encode("utf-8", "replace")) for name in ADDED]
        no_key = [(NO_KEY, b"")] if self._empty else []
        left_out = [(LEFT_OUT, str(self.left_out).encode())] if self.left_out else []
        return [*self.headers, *errors, *no_key, *left_out, (REASON, self.reason.encode())]


def split_headers(headers: Headers) -> tuple[Headers, dict[str, str]]:
    """Split off the added headers: topic, partition, offset, stage, error, reason and so on.

    The original may come from another dead letter queue and have headers of the same names: only the last of each name,
    at the end, is ours, and the topic's is the first of them.
    """
    added: dict[str, str] = {}
    end = len(headers)
    while end and ADDED[0] not in added:
        name, value = headers[end - 1]
        short = OWN.get(name) or (name.removeprefix(PREFIX) if name.startswith(PREFIX) else "")
        if short not in {*ADDED, *OWN.values()} or short in added:
            break
        added[short] = (value or b"").decode("utf-8", "replace")
        end -= 1
    return headers[:end], {"reason": "unknown", **added}
