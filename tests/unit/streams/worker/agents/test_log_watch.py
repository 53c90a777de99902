"""The watch over the logs: the same, gone, made anew; and what was lost of them."""

import asyncio
from collections.abc import Collection, Mapping

import pytest
from faust.types import TP

from streams.transport.start_offsets import Logs
from streams.worker.agents.log_watch import LogWatch

IDS = {"articles": "1", "observations": "2"}


class Brokers:
    """Topics and their ids, as the brokers give them now."""

    def __init__(self, known: Mapping[str, str] = IDS) -> None:
        self.ids = dict(IDS)
        self.reasons: list[str] = []
        self.lost: list[tuple[TP, int]] = []
        logs = Logs(known)
        logs.on_expired = lambda tp, count: self.lost.append((tp, count))
        self.watch = LogWatch(logs, self, self.reasons.append)  # type: ignore[arg-type]

    def of(self, topics: Collection[str]) -> Mapping[str, str]:
        return {topic: id_ for topic, id_ in self.ids.items() if topic in topics}

    def unchanged(self) -> bool:
        return asyncio.run(self.watch.unchanged())


def test_the_same_logs() -> None:
    brokers = Brokers()
    assert brokers.unchanged()
    assert (brokers.watch.gone, brokers.reasons) == (frozenset(), [])
    assert (brokers.watch.id_of("articles"), brokers.watch.id_of("other")) == ("1", "")


def test_brokers_that_give_no_ids_are_not_asked() -> None:
    brokers = Brokers(known={})
    brokers.ids.clear()
    assert brokers.unchanged()


def test_a_topic_that_was_deleted_is_waited_for_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    brokers = Brokers()
    del brokers.ids["articles"]
    brokers.ids["observations"] = "3"  # is not enough to begin again with: one is still missing
    for _ in range(3):
        assert not brokers.unchanged()
        assert brokers.watch.gone == {"articles"}
    assert caplog.text.count("the topic articles was deleted; the worker waits until it is made anew") == 1
    assert brokers.reasons == []


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ({"articles": "3"}, "the topic articles was made anew"),
        ({"articles": "3", "observations": "4"}, "the topic articles and observations was made anew"),
    ],
)
def test_the_worker_begins_again_where_a_topic_was_made_anew(ids: dict[str, str], reason: str) -> None:
    brokers = Brokers()
    brokers.ids |= ids
    assert not brokers.unchanged()
    assert brokers.reasons == [reason]
    assert brokers.watch.gone == frozenset()


class Passed:
    """A reader that passed over some offsets of a log that begins at 30 by now."""

    def __init__(self, *holes: tuple[TP, int, int]) -> None:
        self.holes = list(holes)

    def take_holes(self) -> list[tuple[TP, int, int]]:
        return self.holes

    async def beginnings(self, *partitions: TP) -> Mapping[TP, int]:
        assert partitions, "a request about nothing"
        return dict.fromkeys(partitions, 30)


@pytest.mark.parametrize(
    ("topic", "start", "end", "lost"),
    [
        ("articles", 12, 30, 18),  # all of the hole was deleted
        ("articles", 20, 25, 5),  # and read on below what is deleted now
        ("articles", 25, 40, 5),  # in part; the rest ends transactions
        ("articles", 30, 31, 0),  # ends a transaction
        ("observations", 12, 30, 0),
    ],
)
def test_what_was_deleted_before_it_was_read_is_counted(topic: str, start: int, end: int, lost: int) -> None:
    brokers, tp = Brokers(), TP(topic, 1)
    asyncio.run(brokers.watch.count_expired(Passed((tp, start, end)), "articles"))
    assert brokers.lost == ([(tp, lost)] if lost else [])


def test_nobody_is_asked_where_nothing_was_passed_over() -> None:
    asyncio.run(Brokers().watch.count_expired(Passed(), "articles"))
