"""``frequency`` against a brute-force oracle: for each interval, check each moment's window of the whole log."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.intervals import interval_start
from tests.property.detectors.harness import Wanted, alert, at, check, logs, stories, thorough
from tests.property.detectors.oracles import count_of, groups, window
from tests.property.detectors.states import more_keys, states

articles = logs(
    countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]),
    source=st.sampled_from([None, "a", "b", "c"]),
    story=stories,
)


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}
    for group, facts in groups(log, kind.group_by, missing=kind.missing == "group"):
        reached = {}
        for one in facts:
            count = count_of(window(facts, one.time, kind.window), kind.distinct)
            level = kind.at_least.at_least(count)
            if level is not None and rule.schedule.open(one.time):
                start = interval_start(one.time, rule.throttle)
                reached.setdefault(start, []).append((kind.at_least.levels.index(level), level.severity_of("warning")))
        wanted.update(alert(rule, group, start, severity=max(levels)[1]) for start, levels in reached.items())
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["article", "source", "story"]),
    st.sampled_from(["2", "3", "{info: 1, critical: 3}", "{warning: 2, critical: 4}"]),
    st.sampled_from(["30m", "1h"]),
    st.sampled_from(["", ", throttle: 20m", ", throttle: 3h", ", schedule: {hours: '01:00-04:00'}"]),
    st.sampled_from(["", ", group_by: [country]", ", group_by: [country, source], missing: group"]),
    st.randoms(use_true_random=False),
)
def test_frequency(articles, distinct, at_least, window, more, group_by, dice: Random) -> None:
    rule = f"name: f, kind: frequency, window: {window}, at_least: {at_least}, distinct: {distinct}{more}{group_by}"
    check(rule, articles, oracle, dice)


def of_states(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}
    for group, facts in groups(log, kind.group_by):

        def count(tick, facts=facts) -> int:
            return count_of(window(facts, tick, kind.window), kind.distinct)

        wanted.update(states(rule, group, end, count))
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["article", "source", "story"]),
    st.sampled_from(["2, clear: 1", "2, for: 10m", "3, clear: 2", "{info: 1, critical: 3}, clear: {critical: 2}"]),
    st.sampled_from(["", ", group_by: [country]"]),
    more_keys.filter(lambda more: "for:" not in more),
    st.randoms(use_true_random=False),
)
def test_a_state(articles, distinct, at_least, group_by, more, dice: Random) -> None:
    rule = f"name: f, kind: frequency, window: 1h, at_least: {at_least}, distinct: {distinct}{more}{group_by}"
    check(rule, articles, of_states, dice, until=at(dice.choice((240, 360, 900))), exact=True)


@thorough
@given(
    articles,
    st.sampled_from(["article", "source", "story"]),
    st.sampled_from(["1", "2, minimum: 2", "{warning: 3, critical: 1}", "2, clear: 3"]),
    st.sampled_from(["", ", group_by: [country]"]),
    more_keys,
    st.randoms(use_true_random=False),
)
def test_at_most(articles, distinct, at_most, group_by, more, dice: Random) -> None:
    rule = f"name: f, kind: frequency, window: 1h, at_most: {at_most}, distinct: {distinct}{more}{group_by}"

    def seen_but_few(rule, log, end) -> Wanted:
        wanted = {}
        for group, facts in groups(log, rule.kind.group_by):

            def count(tick, facts=facts) -> int | None:
                number = count_of(window(facts, tick, rule.kind.window), rule.kind.distinct)
                return number if number >= rule.kind.minimum else None

            wanted.update(states(rule, group, end, count))
        return wanted

    check(rule, articles, seen_but_few, dice, until=at(dice.choice((240, 360, 900))), exact=True)
