"""``metric`` against computing each tick's window over the whole log."""

import math
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.property.detectors.harness import Given, Wanted, at, check, logs, thorough
from tests.property.detectors.oracles import groups, window
from tests.property.detectors.states import more_keys, states

themes = st.lists(st.tuples(st.sampled_from(["energy", "cyber"]), st.sampled_from([0.1, 0.2, 0.3, 0.7])), max_size=2)
articles = logs(
    countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]),
    text=st.sampled_from(["", "a", "abc"]),
    themes=themes.map(lambda found: tuple(dict(found).items())),
    meta=st.sampled_from([(), (("tone", -2),), (("tone", 0.1),), (("tone", "x"),), (("tone", True),), (("tone", 3),)]),
)


def number(one: Given, value: str) -> float | None:
    if value == "length":
        return len(one.text)
    if value == "theme.score":
        return max((score for theme, score in one.themes if theme == "energy"), default=None)
    found = dict(one.meta).get("tone")
    return None if found is None or isinstance(found, str | bool) else found


def reckon(function: str, numbers: list[float]) -> float:
    exact = sum(map(Fraction, numbers))
    if function in {"sum", "avg"}:
        return float(exact) if function == "sum" else float(exact) / len(numbers)
    if function[0] == "p":
        return sorted(numbers)[math.ceil(Fraction(int(function[1:]), 100) * len(numbers)) - 1]
    return min(numbers) if function == "min" else max(numbers)


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}

    def found(facts, tick) -> float | None:
        largest: dict[str, float] = {}
        for one in window(facts, tick, kind.window):
            given = number(one, kind.value)
            if given is not None:
                largest[one.id] = max(given, largest.get(one.id, given))
        return reckon(kind.function, list(largest.values())) if len(largest) >= max(kind.minimum, 1) else None

    log = [one for one in log if kind.value != "theme.score" or number(one, kind.value) is not None]
    for group, facts in groups(log, kind.group_by):
        wanted.update(states(rule, group, end, lambda tick, facts=facts: found(facts, tick)))
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["length", "theme.score, where: {theme: energy}", "meta.tone"]),
    st.sampled_from(["sum", "avg", "min", "max", "p1", "p50", "p67", "p99"]),
    st.sampled_from(
        ["at_least: 0.3", "at_most: 0.3", "at_least: {warning: 0.2, critical: 2}", "at_most: {info: 2, critical: -1}"]
    ),
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.sampled_from(["", ", clear: 0.2", ", clear: {critical: 1}"]),
    more_keys,
    st.randoms(use_true_random=False),
)
def test_metric(articles, value, function, threshold, minimum, group_by, clear, more, dice: Random) -> None:
    rule = (
        f"name: m, kind: metric, value: {value}, function: {function}, {threshold}, minimum: {minimum}, "
        f"window: 1h{group_by}{clear}{more}"
    )
    check(rule, articles, oracle, dice, until=at(dice.choice((240, 360, 900))), exact=True)
