"""Transaction markers are distinguished from articles still to come."""

import asyncio
from dataclasses import dataclass

import pytest
from faust.types import TP

from streams.transport.transaction_markers import QUIET_LOOKS, TransactionEnds

ARTICLES = TP("articles", 0)


@dataclass
class Reader:
    fetched: int
    at: int | None

    def fetched_to(self, tp: TP) -> int:
        return self.fetched if tp == ARTICLES else 0

    async def position(self, tp: TP) -> int | None:
        return self.at if tp == ARTICLES else None


def looked(ends: TransactionEnds, reader: Reader, done: int | None, times: int = 1) -> list[dict[int, int]]:
    """The results of several checks, with a log that ends at 20."""
    known = {} if done is None else {0: done}
    return [asyncio.run(ends.find(reader, [ARTICLES], known, {0: 20})) for _ in range(times)]


def test_markers_are_passed_once_the_readers_position_is_stable() -> None:
    found = looked(TransactionEnds(), Reader(fetched=12, at=13), 12, QUIET_LOOKS)
    assert found == [{}] * (QUIET_LOOKS - 1) + [{0: 13}]


@pytest.mark.parametrize(
    ("reader", "done"),
    [
        # Articles that wait for their agent or are in work: taken for transaction markers, they once moved event time
        # past unread articles.
        (Reader(fetched=20, at=20), 12),
        (Reader(fetched=12, at=12), 12),  # nothing new fetched
        (Reader(fetched=20, at=20), 20),  # all done
        (Reader(fetched=12, at=None), 12),  # partition moved
        (Reader(fetched=12, at=13), None),
    ],
)
def test_pending_records_and_unknown_positions_are_not_passed(reader: Reader, done: int | None) -> None:
    assert looked(TransactionEnds(), reader, done, 3 * QUIET_LOOKS) == [{}] * 3 * QUIET_LOOKS


def test_a_moving_reader_or_a_rebalance_restarts_the_count() -> None:
    ends = TransactionEnds()
    assert looked(ends, Reader(fetched=12, at=13), 12, QUIET_LOOKS - 1)[-1] == {}
    assert looked(ends, Reader(fetched=12, at=14), 12, QUIET_LOOKS - 1)[-1] == {}
    ends.forget()
    assert looked(ends, Reader(fetched=12, at=14), 12, QUIET_LOOKS - 1)[-1] == {}
    assert looked(ends, Reader(fetched=12, at=14), 12)[-1] == {0: 14}
