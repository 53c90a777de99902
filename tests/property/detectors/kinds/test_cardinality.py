"""``cardinality`` against counting each window's values over the whole log, as event and as state."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.intervals import interval_start
from tests.property.detectors.harness import Wanted, alert, at, check, logs, thorough
from tests.property.detectors.oracles import groups, values, window
from tests.property.detectors.states import more_keys, states

articles = logs(
    countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ"), ("USA", "UZB", "KAZ")]),
    source=st.sampled_from([None, "a", "b"]),
)


def found(kind, facts, moment) -> int | None:
    there = window(facts, moment, kind.window)
    if len({one.id for one in there}) < kind.minimum:
        return None
    return len({value for one in there for value in values(one, kind.of)})


def with_values(kind, log) -> list:
    return [one for one in log if values(one, kind.of)]


def events(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}
    for group, facts in groups(with_values(kind, log), kind.group_by):
        reached = {}
        for one in facts:
            count = found(kind, facts, one.time)
            level = None if count is None else kind.at_least.at_least(count)
            if level is not None and rule.schedule.open(one.time):
                start = interval_start(one.time, rule.throttle)
                reached.setdefault(start, []).append((kind.at_least.levels.index(level), level.severity_of("warning")))
        wanted.update(alert(rule, group, start, severity=max(levels)[1]) for start, levels in reached.items())
    return wanted


def of_states(rule, log, end) -> Wanted:
    wanted = {}
    for group, facts in groups(with_values(rule.kind, log), rule.kind.group_by):
        wanted.update(states(rule, group, end, lambda tick, facts=facts: found(rule.kind, facts, tick)))
    return wanted


shape = st.tuples(
    st.sampled_from(["of: country", "of: source", "of: country, group_by: [source]", "of: source, group_by: country"]),
    st.sampled_from([", minimum: 2", "", ", minimum: 3"]),
).map("".join)


@thorough
@given(
    articles,
    shape,
    st.sampled_from(["2", "1", "{info: 2, critical: 4}"]),
    st.sampled_from(["", ", throttle: 20m", ", throttle: 3h", ", schedule: {hours: '01:00-04:00'}"]),
    st.randoms(use_true_random=False),
)
def test_event(articles, shape, at_least, more, dice: Random) -> None:
    check(f"name: c, kind: cardinality, window: 1h, {shape}, at_least: {at_least}{more}", articles, events, dice)


@thorough
@given(
    articles,
    shape,
    st.sampled_from(
        [
            "at_most: 1",
            "at_most: {warning: 2, critical: 1}, clear: 3",
            "at_least: 2, clear: 1",
            "at_least: 3, clear: {info: 1}",
        ]
    ),
    more_keys,
    st.randoms(use_true_random=False),
)
def test_a_state(articles, shape, threshold, more, dice: Random) -> None:
    rule = f"name: c, kind: cardinality, window: 1h, {shape}, {threshold}{more}"
    check(rule, articles, of_states, dice, until=at(dice.choice((240, 360, 900))), exact=True)
