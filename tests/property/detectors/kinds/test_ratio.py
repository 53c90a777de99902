"""``ratio`` against counting each tick's window over the whole log."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.property.detectors.harness import Wanted, at, check, logs, stories, thorough
from tests.property.detectors.oracles import count_of, groups, window
from tests.property.detectors.states import more_keys, states

articles = logs(
    countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]),
    source=st.sampled_from([None, "a", "b", "c"]),
    language=st.sampled_from("abcd"),
    story=stories,
    most=10,
)


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}
    others = rule.description == "to"

    def share(facts, tick) -> float | None:
        there = window(facts, tick, kind.window)
        part = count_of([one for one in there if one.language in "ab"], kind.distinct)
        whole = count_of([one for one in there if not others or one.language in "bc"], kind.distinct)
        return part / whole if whole and whole >= kind.minimum else None

    for group, facts in groups([one for one in log if one.language in "abc"], kind.group_by):
        wanted.update(states(rule, group, end, lambda tick, facts=facts: share(facts, tick)))
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(
        ["at_least: 0.5", "at_most: 0.5", "at_least: {info: 0.3, critical: 1}", "at_most: {warning: 0.5, critical: 0}"]
    ),
    st.sampled_from(["article", "story", "source"]),
    st.sampled_from(["", ", description: to, to: {language: [b, c]}"]),
    st.sampled_from(["1", "2", "0"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.sampled_from(["", ", clear: 0.4", ", clear: {critical: 0.8}"]),
    more_keys,
    st.randoms(use_true_random=False),
)
def test_ratio(articles, threshold, distinct, to, minimum, group_by, clear, more, dice: Random) -> None:
    rule = (
        f"name: r, kind: ratio, where: {{language: [a, b, c]}}, count: {{language: [a, b]}}{to}, {threshold}, "
        f"distinct: {distinct}, minimum: {minimum}, window: 1h{group_by}{clear}{more}"
    )
    check(rule, articles, oracle, dice, until=at(dice.choice((240, 360, 900))), exact=True)
