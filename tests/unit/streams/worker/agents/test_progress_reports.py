"""What a worker keeps of a report that it does not send, and hands to the detectors of its own partitions."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from detectors.timeline.watermark import ProgressReport
from streams.settings import load_settings
from streams.transport.sender import Message
from streams.worker.agents import progress_reports
from streams.worker.agents.article_progress import ArticleProgress
from streams.worker.agents.progress_reports import ProgressReports

NOON = datetime(2020, 5, 1, 12, tzinfo=UTC)
ARTICLES, OBSERVATIONS = TP("articles", 0), TP("observations", 0)


class Log:
    """A log of nine articles, of which this worker has done five."""

    def __init__(self) -> None:
        self.is_same = True

    async def unchanged(self) -> bool:
        return self.is_same

    async def count_expired(self, *_: object) -> None: ...

    def id_of(self, topic: str) -> str:
        return f"{topic}-1"


class Consumer:
    def assignment(self) -> set[TP]:
        return {ARTICLES, OBSERVATIONS}

    async def beginnings(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, 0)

    async def ends(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, 9)

    async def partitions_of(self, topic: str) -> set[int]:
        return {0}

    def committed_offsets(self) -> dict[TP, int]:
        return {ARTICLES: 5}

    async def stable(self, *_: TP) -> dict[TP, tuple[Any, ...]]:
        return {}

    def release(self, offsets: dict[TP, int]) -> None: ...


class Sent:
    """Takes the place of the outbox."""

    def __init__(self, app: object) -> None:
        self.reports = 0

    async def send(self, messages: Iterable[Message]) -> None:
        self.reports += len(list(messages))


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def reports(log: Log, monkeypatch: pytest.MonkeyPatch) -> ProgressReports:
    async def nothing(*_: object) -> dict[int, int]:
        return {}

    monkeypatch.setattr(progress_reports, "consumer_of", lambda app: Consumer())
    monkeypatch.setattr(progress_reports, "Outbox", Sent)
    monkeypatch.setattr(progress_reports, "TransactionEnds", lambda: SimpleNamespace(find=nothing, forget=lambda: None))
    progress = ArticleProgress()
    progress.start(0, 5)
    progress.settled(0, 4, NOON)
    settings = load_settings(brokers="127.0.0.1:1")
    articles: Any = SimpleNamespace(settings=settings, topic="articles", progress=progress, log_grain=None)
    judged = {0: {0: NOON}}
    observations: Any = SimpleNamespace(topic="observations", partitions=1, horizon=lambda: NOON, judged=lambda: judged)
    return ProgressReports(SimpleNamespace(), articles, observations, log)  # type: ignore[arg-type]


def send(reports: ProgressReports) -> tuple[int, ProgressReport | None]:
    """How many records were sent so far, and what was not."""
    asyncio.run(reports.send())
    return reports._outbox.reports, reports.unsent  # type: ignore[attr-defined]


def test_what_is_not_sent_says_nothing_of_what_is_done_or_judged(reports: ProgressReports) -> None:
    """These count only behind the observations that they cover, so only through the partition."""
    assert send(reports) == (1, None)
    sent, unsent = send(reports)
    assert sent == 1
    assert unsent is not None
    assert (unsent.done, unsent.newest, unsent.judged) == ({}, {}, {})
    assert (unsent.log, unsent.horizon, unsent.ends) == ("articles-1", NOON, {0: 9})


def test_of_another_log_nothing_is_kept(reports: ProgressReports, log: Log) -> None:
    send(reports)
    log.is_same = False
    assert send(reports) == (2, None)  # that nothing is done of it is news
    _, unsent = send(reports)
    assert unsent is not None
    assert (unsent.horizon, unsent.ends, unsent.judged) == (None, {}, {})
