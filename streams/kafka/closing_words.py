"""What a broker sends right before it closes a connection: above all, why it refuses a user.

kafka-python (3.0.12) discards these bytes if they arrive in one read with the end of the connection, and reports
"socket disconnected"; whether they do is chance. Pinned by tests/unit/streams/kafka/test_closing_words.py.
"""

from __future__ import annotations

from typing import Any

from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport


def heard(kind: type[Any]) -> None:
    """Make this kind of connection pass on what it has read before it reports the end of the connection."""
    receive = kind._sock_recv  # noqa: SLF001 - it has no public way

    def receive_first(self: Any) -> tuple[bytes, Exception | None]:
        data, error = receive(self)
        return data, None if data else error  # the next read reports the same end

    kind._sock_recv = receive_first  # noqa: SLF001


def install() -> None:
    """Patch both connection classes of kafka-python, in this process."""
    for kind in (KafkaTCPTransport, KafkaSSLTransport):
        if kind._sock_recv.__name__ != "receive_first":  # noqa: SLF001
            heard(kind)
