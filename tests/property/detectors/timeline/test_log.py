"""The thinned log against the whole log; its records against crashes and stale workers."""

from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.log import Log, thinned
from detectors.timeline.log_records import LogTimes, RecordedLog
from tests.property.detectors.harness import START, thorough

MINUTE = timedelta(minutes=1)
times = st.lists(st.integers(0, 900).map(lambda seconds: START + timedelta(seconds=seconds)), min_size=1, max_size=30)
grains = st.sampled_from([timedelta(seconds=7), timedelta(seconds=20), MINUTE])


@thorough
@given(times, grains, st.integers(0, 900), st.integers(0, 200), st.integers(0, 900), st.randoms(use_true_random=False))
def test_every_window_of_at_least_a_grain_is_judged_as_by_the_whole_log(
    every: list[datetime], grain: timedelta, end: int, longer: int, dropped: int, dice: Random
) -> None:
    log, other = Log(grain), Log(grain)
    for time in every:
        log.add(time)
    for time in dice.sample(every, len(every)):
        other.add(time)
    assert log.kept() == other.kept() == list(thinned(every, grain))
    stop = START + timedelta(seconds=end)
    start = stop - grain - timedelta(seconds=longer)
    log.drop_until(min(start, START + timedelta(seconds=dropped)))
    assert log.start == min(every)
    assert log.alive(start, stop) == any(start < time <= stop for time in every)
    if not log.alive(start, stop):
        assert log.next_after(stop) == min((time for time in every if time > stop), default=None)


@thorough
@given(times)
def test_without_a_grain_only_the_beginning_is_kept(every: list[datetime]) -> None:
    assert thinned(every, None) == (min(every),)


@thorough
@given(times, st.sampled_from([None, timedelta(seconds=20), MINUTE]), st.randoms(use_true_random=False))
def test_records_restore_the_log_despite_stale_writers(
    every: list[datetime], grain: timedelta | None, dice: Random
) -> None:
    dice = Random(dice.getrandbits(32))
    kept, changelog = RecordedLog(grain), {}
    batches: list[tuple[LogTimes | None, list[str]]] = []
    told: list[datetime] = []

    def write(record: LogTimes | None, needless: list[str], *, until: int = 99) -> None:
        puts = [] if record is None else [(record.key, record)]
        for key, value in [*puts, *((key, None) for key in needless)][:until]:
            if value is None:
                changelog.pop(key, None)
            else:
                changelog[key] = value

    def restored() -> RecordedLog:
        again = RecordedLog(grain)
        for key, record in dice.sample(sorted(changelog.items()), len(changelog)):
            again.load(key, record)
        return again

    rest = list(every)
    while rest:
        report = [rest.pop() for _ in range(min(len(rest), dice.randint(1, 4)))]
        while dice.randrange(3) == 0:  # it crashes while writing, and receives the report again
            write(kept.add(report), kept.take_needless(), until=dice.randrange(3))
            kept = restored()
        batches.append((kept.add(report), kept.take_needless()))
        write(*batches[-1])
        told += report
        if dice.randrange(3) == 0:
            write(*dice.choice(batches))
        assert restored().log.kept() == kept.log.kept() == list(thinned(told, grain))
    kept = restored()
    write(None, kept.take_needless())
    assert restored().log.kept() == list(thinned(every, grain))
    assert len(changelog) <= len(thinned(every, grain))
