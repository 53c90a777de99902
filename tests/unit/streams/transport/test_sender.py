"""Sending: everything at once, and for as long as Kafka is away."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError
from faust.exceptions import ProducerSendError

from streams.transport.sender import Message, Outbox


class Producer:
    """Raises each of ``errors`` once, as Faust does, then takes what it is given."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.sent: list[bytes] = []

    async def send(self, topic: str, key: bytes, *_: Any) -> Any:
        if self._errors:
            error = self._errors.pop(0)
            raise ProducerSendError(f"Error while sending: {error!r}") from error
        self.sent.append(key)
        future = asyncio.get_running_loop().create_future()
        future.set_result(topic)
        return future


def send(producer: Producer) -> list[Any]:
    outbox = Outbox(SimpleNamespace(producer=producer))  # type: ignore[arg-type]
    messages = [Message(topic="alerts", key=key, value=b"") for key in (b"a", b"b")]
    return asyncio.run(outbox.send(messages))


@pytest.mark.parametrize("error", [KafkaTimeoutError, UnknownTopicOrPartitionError])
def test_a_full_buffer_and_an_unknown_topic_are_waited_for_and_the_order_stays(error: type[Exception]) -> None:
    producer = Producer(error(), error())
    assert send(producer) == ["alerts", "alerts"]
    assert producer.sent == [b"a", b"b"]


def test_another_error_is_raised() -> None:
    with pytest.raises(ProducerSendError):
        send(Producer(TopicAuthorizationFailedError()))
