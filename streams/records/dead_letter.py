"""The dead letter: an article that could not be processed, as it came, with the reason in headers.

Key, value and headers are the original's; what was added has the names that Kafka Connect uses for its own
dead letter queue, so that tools which read those read these.
"""

from __future__ import annotations

import msgspec

from streams.records.cloudevents import Headers

PREFIX = "__connect.errors."
REASON = "newswatch_reason"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Why one record of ``articles`` is no article: ``reason`` (a short label), the error, and where it stood."""

    reason: str
    message: str
    error: str
    stage: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = []

    def all_headers(self) -> Headers:
        """The original's headers and the reason's."""
        found = {
            "topic": self.topic,
            "partition": str(self.partition),
            "offset": str(self.offset),
            "stage": self.stage,
            "exception.class.name": self.error,
            "exception.message": self.message,
        }
        own = [(name, value) for name, value in self.headers if not name.startswith(PREFIX) and name != REASON]
        errors = [(PREFIX + name, value.encode("utf-8", "replace")) for name, value in found.items()]
        return [*own, *errors, (REASON, self.reason.encode())]


def read_errors(headers: Headers) -> dict[str, str]:
    """What a dead letter's headers say: topic, partition, offset, stage, error, message and reason."""
    found = {
        name.removeprefix(PREFIX): value.decode("utf-8", "replace")
        for name, value in headers
        if name.startswith(PREFIX) or name == REASON
    }
    return {"reason": found.pop(REASON, "unknown"), **found}
