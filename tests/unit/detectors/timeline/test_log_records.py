"""The article times of the log that a partition keeps: what it stores and deletes, also under new rules."""

from __future__ import annotations

from datetime import timedelta

from detectors.engine.partition import PartitionState
from tests.property.detectors.harness import at, engine_of

SILENT = "name: s, kind: flatline, group_by: source, window: 1h, lateness: 0s"
SURGE = "name: g, kind: spike, window: 1h, reference: 1h, factor: 2, lateness: 0s"
HAND = "name: h, kind: frequency, window: 1h, at_least: 2"


def records_of(state: PartitionState, minutes: list[float]) -> dict[str, bytes]:
    return dict(state.pulse([at(minute) for minute in minutes]).puts)


def test_one_record_holds_all_times_of_a_report() -> None:
    state = PartitionState(engine_of(SILENT))
    (record,) = records_of(state, [0, 0.1, 0.5, 3]).values()
    assert b"pulses" in record
    assert records_of(state, [0, 0.2, 3]) == {}  # nothing new
    step = state.pulse([at(0.6), at(3.5)])
    assert len(step.puts) == 1
    assert step.deletes == ()  # the first record still holds 0 and 3
    assert len(state.pulse([at(0.7), at(3.6)]).deletes) == 1  # 0.6 and 3.5 are neither first nor last of a minute now


def test_stored_records_are_deleted_when_no_longer_needed() -> None:
    old = {
        key: value
        for minute in (0, 0.2, 0.5, 90)
        for key, value in records_of(PartitionState(engine_of(SILENT)), [minute]).items()
    }
    said_0, said_0_2, said_0_5, said_90 = old
    state = PartitionState(engine_of(SILENT))
    state.load(old.items())
    step = state.pulse([at(minute) for minute in (0, 0.3, 0.5, 90)])
    assert (step.puts, step.deletes) == ((), (said_0_2,))
    deleted = [key for hour in range(2, 6) for key in state.advance(at(60 * hour)).deletes if key in old]
    assert sorted(deleted) == sorted([said_0_5, said_90])  # the first time is kept forever
    assert said_0 not in deleted


def test_only_the_beginning_is_kept_if_no_rule_needs_silence() -> None:
    engine = engine_of(SURGE)
    assert (engine.needs_log, engine.log_grain) == (True, None)
    state = PartitionState(engine)
    (first,) = records_of(state, [5, 6, 7])
    assert records_of(state, [5.5, 30]) == {}
    step = state.pulse([at(4)])
    assert (len(step.puts), step.deletes) == (1, (first,))


def test_shorter_windows_need_a_finer_grain() -> None:
    assert engine_of(SILENT).log_grain == timedelta(minutes=1)
    assert engine_of(SILENT.replace("1h", "20s")).log_grain == timedelta(seconds=20)
    assert engine_of(SILENT.replace("group_by: source, ", "")).log_grain is None


def test_new_rules_keep_what_they_need_of_the_log() -> None:
    changelog = records_of(state := PartitionState(engine_of(SILENT)), [0, 0.5, 10])
    changelog |= records_of(state, [20, 30])
    state = state.with_rules(engine_of(SURGE))
    (gone,) = state.pulse([]).deletes  # the record that does not hold the beginning
    assert gone in changelog
    state = state.with_rules(engine_of(HAND))
    assert records_of(state, [40]) == {}
    state = state.with_rules(engine_of(SILENT))
    assert len(records_of(state, [0, 40])) == 1


def test_late_articles_tell_nothing_about_the_log() -> None:
    """A feed may bring an article of another century: it does not make the log old enough for every rule."""
    state = PartitionState(engine_of(SURGE))
    state.pulse([at(0), at(10)])
    state.advance(at(10))
    assert state.pulse([at(-35 * 365 * 24 * 60), at(9)]).puts == ()
    assert state._log.log.start == at(0)
