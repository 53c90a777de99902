"""Pins a defect of kafka-python: it discards data that arrives in one read with the end of a connection."""

import socket
from typing import Any

from kafka.errors import KafkaConnectionError
from kafka.net.transport import KafkaTCPTransport

from streams.kafka import clients, closing_words


def test_the_last_words_come_before_the_end() -> None:
    assert clients  # installs it
    closing_words.install()  # a second call changes nothing
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.sendall(b"invalid credentials")
    theirs.close()
    transport: Any = KafkaTCPTransport.__new__(KafkaTCPTransport)
    transport._sock, transport._closed = ours, False
    assert transport._sock_recv() == (b"invalid credentials", None)
    data, error = transport._sock_recv()
    ours.close()
    assert (data, type(error)) == (b"", KafkaConnectionError)
