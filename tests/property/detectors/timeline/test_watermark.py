"""No article appended in time is ever behind the watermark, however far apart the partitions are."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.watermark import Progress, ProgressReport

START = datetime(2025, 1, 1, tzinfo=UTC)
LATENESS = timedelta(minutes=60)
PARTITIONS = 3

# One event of a run: an article is appended (partition, minutes ahead of or behind the newest), a worker processes
# some of a partition, or a worker reports, at once or delayed by some other reports, or the topic is recreated.
append = st.tuples(st.just("append"), st.integers(0, PARTITIONS - 1), st.integers(-60, 90))
process = st.tuples(st.just("process"), st.integers(0, PARTITIONS - 1), st.integers(1, 5))
report = st.tuples(st.just("report"), st.integers(0, 2**PARTITIONS - 1), st.integers(0, 3))
anew = st.tuples(st.just("anew"), st.just(0), st.just(0))


@given(st.lists(st.one_of(append, process, report, append, process, report, anew), max_size=120), st.booleans())
def test_no_article_in_time_is_late(events: list[tuple[str, int, int]], restart: bool) -> None:
    log: list[list[datetime]] = [[] for _ in range(PARTITIONS)]
    done = [0] * PARTITIONS
    newest = START
    number = 0
    delayed: list[ProgressReport] = []
    progress = Progress(advance_when_silent=False)
    for kind, which, amount in events:
        if kind == "append":
            time = newest + timedelta(minutes=amount)
            newest = max(newest, time)
            log[which].append(time)
            if progress.watermark is not None:
                assert time >= progress.watermark - LATENESS
        elif kind == "process":
            done[which] = min(done[which] + amount, len(log[which]))
        elif kind == "anew":
            number += 1
            log = [[] for _ in range(PARTITIONS)]
            done = [0] * PARTITIONS
        else:
            owned = [p for p in range(PARTITIONS) if which >> p & 1]
            times = {p: max(log[p][: done[p]]) for p in owned if done[p]}
            delayed.append(
                ProgressReport(
                    log=f"log-{number}",
                    done={p: done[p] for p in owned},
                    newest=times,
                    horizon=max(times.values(), default=None),
                    ends={p: len(log[p]) for p in range(PARTITIONS)},
                )
            )
            progress.merge(delayed[max(len(delayed) - 1 - amount, 0)], START)
            if restart:
                stored = progress.dump()
                progress = Progress(advance_when_silent=False)
                progress.load(stored)
        if progress.watermark is not None:
            for p in range(PARTITIONS):
                for time in log[p][done[p] :]:
                    assert time >= progress.watermark - LATENESS


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_order_and_repetition_of_reports_do_not_matter(order: list[int], repeated: list[int]) -> None:
    reports = [
        ProgressReport(
            done={0: n, 1: n},
            newest={0: START + timedelta(minutes=n), 1: START + timedelta(minutes=2 * n)},
            horizon=START + timedelta(minutes=2 * n),
            ends={0: n, 1: n},
        )
        for n in range(1, 7)
    ]
    progress = Progress(advance_when_silent=False)
    for n in [*order, *repeated]:
        progress.merge(reports[n], START)
    assert progress.watermark == START + timedelta(minutes=12)
