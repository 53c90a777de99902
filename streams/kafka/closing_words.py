"""What a broker says right before it closes a connection: why it refuses a user, above all.

kafka-python (3.0.12) throws such words away where they come in one read with the end of the connection, and says
"socket disconnected"; whether they do is chance. Pinned by tests/unit/streams/kafka/test_closing_words.py.
"""

from __future__ import annotations

from typing import Any

from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport


def heard(kind: type[Any]) -> None:
    """Have this kind of connection hand on what it has read, before it says that the connection has ended."""
    receive = kind._sock_recv  # noqa: SLF001 - it has no public way

    def receive_first(self: Any) -> tuple[bytes, Exception | None]:
        data, error = receive(self)
        return data, None if data else error  # asked again, the end says the same

    kind._sock_recv = receive_first  # noqa: SLF001


def install() -> None:
    """For both kinds of connection of kafka-python, in this process."""
    for kind in (KafkaTCPTransport, KafkaSSLTransport):
        if kind._sock_recv.__name__ != "receive_first":  # noqa: SLF001
            heard(kind)
