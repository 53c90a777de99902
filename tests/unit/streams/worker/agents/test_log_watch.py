"""Topics that are unchanged, deleted or recreated, and the records that were deleted before they were read."""

import asyncio
from collections.abc import Collection, Mapping

import pytest
from faust.types import TP

from streams.transport.start_offsets import Logs
from streams.worker.agents.log_watch import LOOKS_PER_OWN, OWN, WRITTEN, LogWatch

IDS = {"articles": "1", "observations": "2"}


class Brokers:
    """Topics and their current ids on the brokers."""

    def __init__(self, known: Mapping[str, str] = IDS) -> None:
        self.ids = dict(IDS)
        self.reasons: list[str] = []
        self.lost: list[tuple[TP, int]] = []
        logs = Logs(known)
        logs.on_expired = lambda tp, count: self.lost.append((tp, count))
        self.watch = LogWatch(logs, self, self.reasons.append)  # type: ignore[arg-type]

    def of(self, topics: Collection[str], unseen: Collection[str]) -> Mapping[str, str]:
        assert not set(unseen) & {"articles", "observations"}
        return {topic: id_ for topic, id_ in self.ids.items() if topic in topics}

    def unchanged(self) -> bool:
        return asyncio.run(self.watch.unchanged())


def test_the_same_logs() -> None:
    brokers = Brokers()
    assert brokers.unchanged()
    assert (brokers.watch.gone, brokers.reasons) == (frozenset(), [])
    assert (brokers.watch.id_of("articles"), brokers.watch.id_of("other")) == ("1", "")


def test_brokers_without_topic_ids_are_not_asked() -> None:
    brokers = Brokers(known={})
    brokers.ids.clear()
    assert brokers.unchanged()


def test_waits_for_a_deleted_topic_and_logs_it_once(caplog: pytest.LogCaptureFixture) -> None:
    brokers = Brokers()
    del brokers.ids["articles"]
    brokers.ids["observations"] = "3"  # no restart yet: one topic is still missing
    for _ in range(3):
        assert not brokers.unchanged()
        assert brokers.watch.gone == {"articles"}
    assert caplog.text.count("the topic articles was deleted; the worker waits until it is recreated") == 1
    assert brokers.reasons == []


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ({"articles": "3"}, "the topic articles was recreated"),
        ({"articles": "3", "observations": "4"}, "the topic articles and observations was recreated"),
    ],
)
def test_the_worker_restarts_when_a_topic_was_recreated(ids: dict[str, str], reason: str) -> None:
    brokers = Brokers()
    brokers.ids |= ids
    assert not brokers.unchanged()
    assert brokers.reasons == [reason]
    assert brokers.watch.gone == frozenset()


class Passed:
    """A reader that skipped some offsets of a log that now begins at 30."""

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
        ("articles", 12, 30, 18),  # the whole hole was deleted
        ("articles", 20, 25, 5),  # reading continued below offsets that are deleted by now
        ("articles", 25, 40, 5),  # partly deleted; the rest are transaction end markers
        ("articles", 30, 31, 0),  # a transaction end marker
        ("observations", 12, 30, 0),
    ],
)
def test_records_deleted_before_they_were_read_are_counted(topic: str, start: int, end: int, lost: int) -> None:
    brokers, tp = Brokers(), TP(topic, 1)
    asyncio.run(brokers.watch.count_expired(Passed((tp, start, end)), "articles"))
    assert brokers.lost == ([(tp, lost)] if lost else [])


def test_brokers_are_not_asked_when_no_offset_was_skipped() -> None:
    asyncio.run(Brokers().watch.count_expired(Passed(), "articles"))


def test_topics_that_are_only_written_to(caplog: pytest.LogCaptureFixture) -> None:
    brokers = Brokers()
    brokers.watch = LogWatch(
        Logs(IDS),
        brokers,  # type: ignore[arg-type]
        brokers.reasons.append,
        written=["alerts"],
        own=lambda: ["alerts.desk", "alerts.other"],
    )
    brokers.ids |= {"alerts": "5", "alerts.desk": "6", "alerts.other": "7"}
    assert brokers.unchanged()
    assert not caplog.records
    del brokers.ids["alerts"], brokers.ids["alerts.desk"]
    for _ in range(2 * LOOKS_PER_OWN):
        assert brokers.unchanged()  # its own reports do not depend on them
        assert brokers.watch.gone == frozenset()  # a worker that cannot write is no worker that waits
    assert [record.getMessage() for record in caplog.records] == [
        f"the topic alerts was deleted; {WRITTEN}",
        f"the topic alerts.desk was deleted; {OWN}",
    ]
    brokers.ids |= {"alerts": "8", "alerts.desk": "9"}
    for _ in range(LOOKS_PER_OWN):
        assert brokers.unchanged()
    assert (brokers.watch.gone, brokers.reasons) == (frozenset(), [])
    del brokers.ids["alerts.desk"]
    for _ in range(LOOKS_PER_OWN):
        brokers.unchanged()
    assert caplog.messages[-1].startswith("the topic alerts.desk was deleted")
