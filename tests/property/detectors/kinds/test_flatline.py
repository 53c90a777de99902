"""``flatline`` against counting each tick's window over the whole log, with known groups derived from its start."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.intervals import first_multiple
from tests.property.detectors.harness import Given, Wanted, at, check, logs, thorough
from tests.property.detectors.oracles import count_of, groups, window
from tests.property.detectors.states import more_keys, states

articles = logs(
    source=st.sampled_from([None, "a", "b", "c"]),
    language=st.sampled_from("abb"),
    minutes=900,
)


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}
    found = {
        repr(group): (group, facts) for group, facts in groups([a for a in log if a.language == "b"], kind.group_by)
    }
    for group in kind.initial_groups():
        found.setdefault(repr(group), (group, []))
    enough = kind.below.most if kind.minimum is None else kind.minimum

    for group, facts in found.values():
        listed = group in kind.initial_groups()
        if kind.groups is not None and not listed:
            continue
        known: dict = {}

        def few(tick, facts: list[Given] = facts, listed=listed, known=known) -> int | None:
            count = count_of(window(facts, tick, kind.window), "article")
            if count >= enough and facts and tick >= first_multiple(facts[0].time, kind.every):
                known["now"] = True
            elif not window(facts, tick, kind.remember):
                known["now"] = False
            if kind.group_by and not window(log, tick, kind.window):
                return None
            return count if listed or known.get("now") else None

        wanted.update(states(rule, group, end, few))
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(
        [
            "",
            ", below: 2",
            ", below: {warning: 2, critical: 1}",
            ", below: 2, clear: 2",
            ", below: {info: 3, critical: 1}, clear: {critical: 1}",
        ]
    ),
    st.sampled_from(
        [
            "",
            ", group_by: source",
            ", group_by: source, groups: [a, d]",
            ", group_by: [source, language], groups: [{source: a, language: b}, [b, a]]",
        ]
    ),
    st.sampled_from(["", ", minimum: 1", ", minimum: 2", ", minimum: 3"]),
    st.sampled_from(["", ", remember: 3h", ", remember: 70m"]),
    more_keys,
    st.randoms(use_true_random=False),
)
def test_flatline(articles, below, group_by, minimum, remember, more, dice: Random) -> None:
    rule = f"name: f, kind: flatline, where: {{language: b}}, window: 1h{below}{group_by}{minimum}{remember}{more}"
    check(rule, articles, oracle, dice, until=at(dice.choice((600, 1000, 2000))), exact=True)
