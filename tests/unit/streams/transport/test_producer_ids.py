"""Whether brokers give producer ids: the worker does without them only on a broker that never gives any."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    IncompatibleBrokerVersion,
    KafkaConnectionError,
    UnknownError,
)

from streams.settings import load_settings
from streams.transport import producer_ids


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """The brokers' answers, one per request; returns those left."""
    monkeypatch.setattr(producer_ids, "PAUSE_SECONDS", 0.0)

    def answer(*given: BaseException | None) -> list[Any]:
        left: Iterator[BaseException | None] = iter(given)
        stopped: list[Any] = []

        class Producer:
            def __init__(self, **options: Any) -> None:
                assert options["enable_idempotence"]

            async def start(self) -> None:
                if (error := next(left)) is not None:
                    raise error

            async def stop(self) -> None:
                stopped.append(self)

        monkeypatch.setattr(producer_ids, "AIOKafkaProducer", Producer)
        return stopped

    return answer


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None], True),
        ([UnknownError()] * 3, False),
        ([IncompatibleBrokerVersion()] * 3, False),
        ([UnknownError(), None], True),  # overloaded for a moment
        ([ClusterAuthorizationFailedError()], True),  # the worker must fail instead of running without the guarantee
        ([KafkaConnectionError()], True),
        ([TimeoutError()], True),
    ],
    ids=repr,
)
def test_only_a_broker_that_never_gives_ids_has_none(
    answers: Callable[..., list[Any]], given: list[BaseException | None], expected: bool
) -> None:
    stopped = answers(*given)
    assert producer_ids.gives_producer_ids(load_settings()) is expected
    assert len(stopped) == len(given)


def test_the_librarys_log_level_is_restored(answers: Callable[..., list[Any]]) -> None:
    answers(None)
    producer_ids.gives_producer_ids(load_settings())
    assert logging.getLogger("aiokafka.producer.sender").filters == []
