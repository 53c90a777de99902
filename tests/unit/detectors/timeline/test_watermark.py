"""The watermark: cuts, the minimum of the newest times, silence."""

from datetime import UTC, datetime, timedelta

from detectors.model.event_time import AHEAD
from detectors.timeline.watermark import LONGEST_STEP, MAX_CUTS, MOST_LOGS, SILENCE, Progress, ProgressReport

START = datetime(2025, 1, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def report(done: dict[int, int], newest: dict[int, datetime], ends: dict[int, int]) -> ProgressReport:
    return ProgressReport(done=done, newest=newest, horizon=max(newest.values(), default=None), ends=ends)


def test_unknown_until_something_is_certain() -> None:
    progress = Progress()
    assert progress.merge(report({}, {}, {}), START) is None
    assert progress.merge(report({0: 5}, {0: at(9)}, {0: 5, 1: 7}), START) is None


def test_minimum_of_the_newest_times_holds_once_all_partitions_are_known() -> None:
    progress = Progress()
    progress.merge(report({0: 5}, {0: at(9)}, {0: 50, 1: 70}), START)
    assert progress.merge(report({1: 2}, {1: at(4)}, {0: 50, 1: 70}), START) == at(4)


def test_cut_holds_when_everything_on_the_log_is_done() -> None:
    progress = Progress()
    # Partition 1 is empty and never has a newest time; the cut gives a bound that the minimum cannot.
    progress.merge(report({0: 5}, {0: at(9)}, {0: 8, 1: 0}), START)
    assert progress.watermark is None
    progress.merge(report({0: 8}, {0: at(7)}, {0: 9, 1: 0}), START)
    assert progress.watermark == at(9)


def test_a_partition_far_behind_holds_everything_back() -> None:
    progress = Progress()
    ends = {0: 100, 1: 100}
    progress.merge(report({0: 100, 1: 1}, {0: at(100), 1: at(1)}, ends), START)
    assert progress.watermark == at(1)
    progress.merge(report({1: 100}, {1: at(99)}, ends), START)
    assert progress.watermark == at(100)


def test_it_never_goes_back() -> None:
    progress = Progress()
    progress.merge(report({0: 5}, {0: at(9)}, {0: 5}), START)
    assert progress.merge(report({0: 2}, {0: at(3)}, {0: 2}), START) == at(9)


def test_offset_below_done_is_a_replay() -> None:
    progress = Progress()
    progress.merge(report({0: 5}, {0: at(9)}, {0: 9}), START)
    assert progress.is_replay(0, 4)
    assert not progress.is_replay(0, 5)
    assert not progress.is_replay(1, 0)


def test_pending_cuts_are_bounded_and_the_newest_still_holds() -> None:
    progress = Progress()
    for n in range(10 * MAX_CUTS):
        progress.merge(report({0: 0}, {0: at(0)}, {0: n + 1, 1: n + 1}), START)
    assert len(progress._cuts[""]) <= MAX_CUTS + 1
    last = 10 * MAX_CUTS
    progress.merge(report({0: last, 1: last}, {0: at(5)}, {0: last, 1: last}), START)
    assert progress.watermark == at(5)


def silent(progress: Progress, still: ProgressReport, start: datetime, seconds: int) -> datetime:
    """Report a silent stream once a second; return the time of the last report."""
    for n in range(seconds + 1):
        progress.merge(still, start + timedelta(seconds=n))
    return start + timedelta(seconds=seconds)


def test_in_silence_event_time_advances_with_the_wall_clock_and_not_beyond_it() -> None:
    progress = Progress()
    still = report({0: 5}, {0: at(0)}, {0: 5})
    assert progress.merge(still, START + timedelta(days=1)) == at(0)
    quiet = silent(progress, still, START + timedelta(days=1, seconds=1), SILENCE.seconds)
    assert progress.watermark == at(0)
    # It advances by the time that passed, and does not jump to the wall clock, a day ahead.
    then = silent(progress, still, quiet, 60)
    assert progress.watermark == at(1)
    silent(progress, still, then, 90)
    assert progress.watermark == at(2.5)


def test_setting_the_clock_is_not_silence() -> None:
    progress = Progress()
    still = report({0: 5}, {0: at(0)}, {0: 5})
    progress.merge(still, START + timedelta(days=1))
    quiet = silent(progress, still, START + timedelta(days=1, seconds=1), SILENCE.seconds)
    silent(progress, still, quiet + timedelta(days=1), 0)
    assert progress.watermark == at(0) + LONGEST_STEP
    back = silent(progress, still, quiet - timedelta(days=1), SILENCE.seconds)
    assert progress.watermark == at(0) + LONGEST_STEP
    silent(progress, still, back, 50)
    assert progress.watermark == at(1)


def test_in_silence_it_stops_at_the_wall_clock() -> None:
    progress = Progress()
    ahead = report({0: 5}, {0: START + timedelta(minutes=9)}, {0: 5})
    silent(progress, ahead, START, 120)
    assert progress.watermark == at(9)


def test_with_lag_it_is_not_silence() -> None:
    progress = Progress()
    behind = report({0: 5}, {0: at(0)}, {0: 6})
    for seconds in range(0, 200, 10):
        progress.merge(behind, START + timedelta(days=1, seconds=seconds))
    assert progress.watermark == at(0)


def test_silence_can_be_switched_off() -> None:
    progress = Progress(advance_when_silent=False)
    still = report({0: 5}, {0: at(0)}, {0: 5})
    for seconds in range(0, 200, 10):
        progress.merge(still, START + timedelta(days=1, seconds=seconds))
    assert progress.watermark == at(0)


def test_watermark_survives_a_restart() -> None:
    progress = Progress()
    progress.merge(report({0: 5, 1: 3}, {0: at(9), 1: at(4)}, {0: 5, 1: 9}), START)
    again = Progress()
    again.load(progress.dump())
    assert again.watermark == progress.watermark == at(4)
    assert again.is_replay(1, 2)


def test_newest_time_survives_the_worker_that_read_it() -> None:
    before = Progress()
    # The worker reports the newest article, and is killed with one article of the other partition unread.
    before.merge(report({0: 5}, {0: at(9)}, {0: 5, 1: 7}), START)
    after = Progress()
    after.load(before.dump())
    assert after.horizon == at(9)
    assert after.watermark is None
    # Its successor has read nothing newer itself, and takes its cuts at the reported time.
    taken = ProgressReport(done={0: 5, 1: 7}, newest={1: at(3)}, horizon=after.horizon, ends={0: 5, 1: 7})
    assert after.merge(taken, START) == at(9)


def of_log(log: str, done: int, time: float, end: int) -> ProgressReport:
    return ProgressReport(
        log=log, done={0: done}, newest={0: at(time)} if done else {}, horizon=at(time), ends={0: end}
    )


def test_offsets_of_another_log_are_ignored() -> None:
    progress = Progress()
    progress.merge(of_log("old", 500, 9, 500), START)
    # Nothing of the new log is read yet: it is not done just because the old one was; event time does not go back.
    assert progress.merge(of_log("new", 0, 9, 40), START) == at(9)
    assert progress.is_replay(0, 3, "old")
    assert not progress.is_replay(0, 3, "new")
    progress.merge(of_log("new", 3, 30, 40), START)
    assert progress.watermark == at(30)  # the only partition's newest
    assert progress.is_replay(0, 2, "new")
    assert not progress.is_replay(0, 3, "new")


def test_worker_that_still_reads_the_old_log_does_not_affect_the_new_one() -> None:
    progress = Progress()
    ends = {0: 40, 1: 40}
    progress.merge(ProgressReport(log="new", done={0: 40}, newest={0: at(60)}, horizon=at(60), ends=ends), START)
    # It has done more than the new log contains, and takes its cut at its own time.
    old = ProgressReport(
        log="old", done={0: 500, 1: 500}, newest={0: at(9), 1: at(8)}, horizon=at(9), ends={0: 500, 1: 500}
    )
    assert progress.merge(old, START) == at(9)
    assert progress.merge(ProgressReport(log="new", done={1: 40}, newest={1: at(50)}, ends=ends), START) == at(60)


def test_knowledge_of_each_log_survives_a_restart_and_is_bounded() -> None:
    progress = Progress()
    for number in range(MOST_LOGS + 3):
        progress.merge(of_log(f"log-{number}", 10 + number, number, 99), START)
    again = Progress()
    again.load(progress.dump())
    last = MOST_LOGS + 2
    assert again.is_replay(0, 9 + last, f"log-{last}")
    assert again.is_replay(0, 8 + last, f"log-{last - 1}")
    assert not again.is_replay(0, 0, "log-0")
    assert len(again._logs) == MOST_LOGS


FAR = datetime(2099, 1, 1, tzinfo=UTC)


def test_times_ahead_of_the_append_time_are_left_out_of_a_report() -> None:
    right = report({0: 5, 1: 7}, {0: at(9), 1: at(10)}, {0: 5, 1: 7})
    assert right.until(at(10)) == right
    wrong = ProgressReport(
        done={0: 5, 1: 7}, newest={0: FAR, 1: at(9)}, horizon=FAR, judged={0: {3: FAR, 4: at(1)}}, pulses=(at(2), FAR)
    )
    assert wrong.until(at(10)) == ProgressReport(
        done={0: 5, 1: 7}, newest={1: at(9)}, horizon=None, judged={0: {4: at(1)}}, pulses=(at(2),)
    )


def test_in_silence_event_time_does_not_pass_the_append_time_either() -> None:
    progress = Progress()
    quiet = report({0: 5}, {0: at(0)}, {0: 5})
    fast = timedelta(hours=3)  # the worker's clock
    for second in range(0, 3000, 10):
        progress.merge(quiet, at(second / 60) + fast, at(second / 60))
    assert progress.watermark is not None
    assert at(0) < progress.watermark <= at(3000 / 60) + AHEAD


def test_a_watermark_that_an_earlier_version_stored_in_the_future_goes_back() -> None:
    stored = (
        b'{"logs":{"l":{"done":{"0":5,"1":7},"newest":{"0":"2099-01-01T00:00:00Z","1":"2025-01-01T00:09:00Z"}}},'
        b'"watermark":"2099-01-01T00:00:00Z","horizon":"2099-01-01T00:00:00Z","version":2}'
    )
    progress = Progress()
    assert progress.load(stored, at(60)) is None
    assert (progress.watermark, progress.horizon) == (at(60), None)
    assert progress.is_replay(0, 4, "l")
    assert progress.merge(ProgressReport(log="l", done={0: 9}, newest={0: at(70)}, ends={0: 9}), at(70)) == at(60)
    assert progress.merge(ProgressReport(log="l", done={1: 9}, newest={1: at(65)}, ends={0: 9, 1: 9}), at(70)) == at(65)

    again = Progress()
    progress.merge(ProgressReport(log="l"), at(71), at(71))
    assert again.load(progress.dump()) == at(71)
    assert again.watermark == at(65)


def test_a_right_watermark_is_loaded_as_it_is() -> None:
    progress, again = Progress(), Progress()
    progress.merge(report({0: 5}, {0: at(9)}, {0: 5}), START, at(0))
    assert again.load(progress.dump(), at(-600)) == at(0)
    assert (again.watermark, again.horizon) == (at(9), at(9))


def test_it_knows_what_a_report_would_only_repeat() -> None:
    progress = Progress()
    first = report({0: 5}, {0: at(1)}, {0: 5})
    assert not progress.knows(first)
    progress.merge(first, at(2))
    assert not progress.knows(first), "event time was never stored"
    progress.dump()
    assert progress.knows(first)
    assert progress.knows(report({0: 4}, {0: at(0)}, {0: 9}))
    assert progress.knows(report({}, {}, {0: 9}))
    assert not progress.knows(report({0: 6}, {0: at(1)}, {0: 6}))
    assert not progress.knows(report({0: 5}, {0: at(3)}, {0: 5}))
    assert not progress.knows(report({1: 0}, {}, {0: 5, 1: 0}))


def test_a_restart_takes_event_time_back_by_minutes_however_long_the_silence_lasts() -> None:
    progress, stored = Progress(), b""
    quiet = report({0: 5}, {0: at(0)}, {0: 5})
    times = 0
    for second in range(0, 3 * 3600, 10):
        repeats = second % 60 == 0  # in between, the worker hands it only the cut
        known = progress.knows(quiet)
        progress.merge(quiet, at(second / 60), at(second / 60) if repeats else None)
        if repeats and not known:
            times, stored = times + 1, progress.dump()
    again = Progress()
    again.load(stored, at(180))
    assert progress.watermark is not None
    assert again.watermark is not None
    assert timedelta(0) <= progress.watermark - again.watermark <= timedelta(minutes=11)
    assert 10 <= times <= 20
    assert again.knows(quiet), "what was loaded is stored"
