"""``spike`` against counting each tick's window and reference over the whole log."""

from datetime import timedelta
from fractions import Fraction
from random import Random
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from tests.property.detectors.harness import Wanted, at, check, logs, thorough
from tests.property.detectors.oracles import count_of, groups, window
from tests.property.detectors.states import more_keys, states

UNIT = timedelta(minutes=1)
DAY = 24 * 60
articles = logs(countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]), language=st.sampled_from("abb"))


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}

    def times(facts, tick) -> float | None:
        start = tick - kind.window
        if not log or log[0].time > start - kind.reference:
            return None
        count = count_of(window(facts, tick, kind.window), "article")
        before = count_of(window(facts, start, kind.reference), "article")
        expected = Fraction(before) * (kind.window // UNIT) / (kind.reference // UNIT)
        found = []
        if kind.direction in {"up", "both"} and count >= kind.at_least:
            found.append(float(count / expected) if expected else float("inf"))
        if kind.direction in {"down", "both"} and expected >= kind.at_least:
            found.append(float(expected / count) if count else float("inf"))
        return max(found, default=None)

    for group, facts in groups([one for one in log if one.language == "b"], kind.group_by):
        wanted.update(states(rule, group, end, lambda tick, facts=facts: times(facts, tick)))
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["2", "1.5", "{warning: 1.5, critical: 3}"]),
    st.sampled_from(["up", "down", "both"]),
    st.sampled_from(["1", "2"]),
    st.sampled_from(["30m, reference: 1h", "1h, reference: 2h", "1h, reference: 1h"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.sampled_from(["", ", clear: 1", ", clear: {critical: 1.2}"]),
    more_keys,
    st.randoms(use_true_random=False),
)
def test_spike(articles, factor, direction, at_least, lengths, group_by, clear, more, dice: Random) -> None:
    rule = (
        f"name: s, kind: spike, where: {{language: b}}, factor: {factor}, direction: {direction}, "
        f"at_least: {at_least}, window: {lengths}{group_by}{clear}{more}"
    )
    check(rule, articles, oracle, dice, until=at(dice.choice((240, 360, 900))), exact=True)


days = logs(minutes=5 * DAY, most=30, countries=st.sampled_from([("KAZ",), ("KAZ", "KGZ")]))


def of_days(rule, log, end) -> Wanted:
    kind, wanted, day = rule.kind, {}, timedelta(days=1)

    def times(facts, tick) -> float | None:
        if not log or log[0].time > tick - kind.periods * day - kind.window:
            return None
        count = count_of(window(facts, tick, kind.window), "article")
        earlier = [count_of(window(facts, tick - n * day, kind.window), "article") for n in range(1, kind.periods + 1)]
        expected = median(map(Fraction, earlier))
        found = []
        if kind.direction in {"up", "both"} and count >= kind.at_least:
            found.append(float(count / expected) if expected else float("inf"))
        if kind.direction in {"down", "both"} and expected >= kind.at_least:
            found.append(float(expected / count) if count else float("inf"))
        return max(found, default=None)

    for group, facts in groups(log, kind.group_by):
        wanted.update(states(rule, group, end, lambda tick, facts=facts: times(facts, tick)))
    return wanted


@thorough
@given(
    days,
    st.sampled_from(["up", "down", "both"]),
    st.integers(1, 3),
    st.sampled_from(["6h", "1d"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.randoms(use_true_random=False),
)
def test_the_same_hours_of_earlier_days(articles, direction, periods, window, group_by, dice: Random) -> None:
    rule = (
        f"name: s, kind: spike, same: hour, periods: {periods}, factor: {{warning: 1.5, critical: 3}}, "
        f"direction: {direction}, window: {window}, every: 6h{group_by}"
    )
    check(rule, articles, of_days, dice, until=at(6 * DAY), exact=True)
