"""Where reading begins, and to which log a commit belongs."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import NotLeaderForPartitionError, UnknownTopicOrPartitionError
from faust.types import TP

from streams.transport import start_offsets
from streams.transport.start_offsets import Logs, Start, start_of, while_there


@pytest.mark.parametrize(
    ("committed", "another", "earliest", "end", "expected"),
    [
        (5, False, 0, 9, Start(5)),
        (9, False, 0, 9, Start(9)),
        (5, False, 5, 9, Start(5)),
        (5, True, 0, 9, Start(None, "another log")),
        (5, True, 7, 9, Start(None, "another log")),
        (5, False, 7, 9, Start(7, "expired", 2)),
        (5, False, 9, 9, Start(9, "expired", 4)),
        (12, False, 0, 9, Start(None, "beyond the end")),
        (12, False, 0, None, Start(12)),  # a broker that does not know the end exactly
    ],
)
def test_what_a_committed_offset_means(
    committed: int, another: bool, earliest: int, end: int | None, expected: Start
) -> None:
    assert start_of(committed, another_log=another, earliest=earliest, end=end) == expected


def test_a_commit_names_its_log() -> None:
    now, before = Logs({"articles": "b"}), Logs({"articles": "a"})
    assert now.of_another("articles", before.mark("articles"))
    assert not now.of_another("articles", now.mark("articles"))
    # Offsets set by hand, or by a version that wrote no mark, are valid.
    assert not now.of_another("articles", "")
    assert not now.of_another("articles", "reset by the desk")


def test_without_ids_every_commit_is_valid() -> None:
    assert Logs().mark("articles") == ""
    assert not Logs().of_another("articles", Logs({"articles": "a"}).mark("articles"))


def test_a_request_waits_as_long_as_its_topics_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka retries requests about a deleted topic until a timeout, and blocks the consumer thread meanwhile."""
    monkeypatch.setattr(start_offsets, "LOOK_SECONDS", 0.01)
    there = {"articles": {0}, "observations": {0}}
    consumer: Any = SimpleNamespace(partitions_for_topic=there.get)
    places: Any = [TP("observations", 0), TP("articles", 0)]
    cancelled = asyncio.Event()

    async def slow() -> int:
        await asyncio.sleep(0.1)
        return 9

    async def refused() -> int:
        raise NotLeaderForPartitionError

    async def forever() -> int:
        try:
            return await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def ask() -> None:
        assert await while_there(consumer, places, slow()) == 9
        with pytest.raises(NotLeaderForPartitionError):
            await while_there(consumer, places, refused())
        asyncio.get_running_loop().call_later(0.05, there.pop, "articles")
        with pytest.raises(UnknownTopicOrPartitionError):
            await while_there(consumer, places, forever())
        await asyncio.wait_for(cancelled.wait(), 1)

    asyncio.run(asyncio.wait_for(ask(), 5))
