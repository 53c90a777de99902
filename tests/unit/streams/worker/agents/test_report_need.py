"""When a progress report is sent, and when it would say nothing new."""

from datetime import UTC, datetime, timedelta

import msgspec

from detectors.timeline.watermark import ProgressReport
from streams.worker.agents.report_need import ACTIVE_SECONDS, JUDGED_SECONDS, REPEAT_SECONDS, ReportNeed

NOON = datetime(2020, 5, 1, 12, tzinfo=UTC)


def report(
    done: int = 5, *, minute: int = 0, end: int = 5, judged: int = 0, pulses: tuple[datetime, ...] = ()
) -> ProgressReport:
    time = NOON + timedelta(minutes=minute)
    return ProgressReport(
        log="one",
        done={0: done},
        newest={0: time},
        horizon=time,
        ends={0: end},
        judged={0: {0: NOON + timedelta(seconds=judged)}},
        pulses=pulses,
    )


def sent(first: ProgressReport, at: float = 0.0) -> ReportNeed:
    need = ReportNeed()
    assert need.due(first, at)
    need.sent(first, at)
    return need


def test_what_says_nothing_new_is_not_sent_and_repeated_seldom() -> None:
    need = sent(report())
    assert not any(need.due(report(), float(second)) for second in range(1, int(REPEAT_SECONDS)))
    assert need.due(report(), REPEAT_SECONDS)


def test_progress_and_pulses_are_sent_at_once() -> None:
    for news in (report(6), report(minute=1), report(pulses=(NOON,))):
        assert sent(report()).due(news, 1.0)


def test_the_end_of_the_log_alone_is_no_news() -> None:
    assert not sent(report()).due(report(end=9), 1.0)


def test_after_a_rebalance_the_next_report_is_sent() -> None:
    need = sent(report())
    need.reset()
    assert need.due(report(), 1.0)
    need.reset()  # while that one is under way
    need.sent(report(), 1.5)
    assert need.due(report(), 2.0)


def test_what_is_judged_is_sent_at_once_while_the_log_moves_and_seldom_in_silence() -> None:
    need = sent(report())
    short = need.due(report(judged=1), 2.0)
    assert short == msgspec.structs.replace(report(judged=1), done={}, newest={})
    need.sent(report(judged=1), 2.0)
    silent = ACTIVE_SECONDS + 1
    assert not need.due(report(judged=30), silent)
    assert need.due(report(judged=30), max(silent, 2.0 + JUDGED_SECONDS))
    assert need.due(report(judged=30, end=6), silent)  # an article has come, of whichever worker


def test_what_is_judged_of_a_backlog_is_sent_at_once_although_the_log_stands_still() -> None:
    need = sent(report())
    late = ACTIVE_SECONDS + 10
    assert not need.due(report(judged=int(late)), late)
    backlog = report(judged=int(late) + 600)
    assert need.due(backlog, late)
    need.sent(backlog, late)
    assert not need.due(report(judged=int(late) + 601), late + 1)
    assert need.due(msgspec.structs.replace(backlog, judged={0: {0: NOON, 1: NOON}}), late + 2), "another partition"


def test_a_whole_report_is_repeated_although_what_is_judged_is_sent_meanwhile() -> None:
    need, whole = sent(report()), []
    for second in range(1, 2 * int(REPEAT_SECONDS) + 1):
        now = report(judged=second)
        due = need.due(now, float(second))
        if due is not None:
            need.sent(now, float(second))
            whole += [second] if due == now else []
    assert whole == [REPEAT_SECONDS, 2 * REPEAT_SECONDS]
