"""``corroborated`` against a brute-force oracle: at each moment, try every choice of articles in the window."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.intervals import interval_start
from tests.property.detectors.harness import Wanted, alert, check, logs, stories, thorough
from tests.property.detectors.oracles import copies, groups, most, values, window

articles = logs(
    countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]),
    source=st.sampled_from([None, "a", "b", "c"]),
    language=st.sampled_from(["en", "fr"]),
    story=stories,
)


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}

    def same(one, other) -> bool:
        return copies(one, other) or values(one, kind.distinct) == values(other, kind.distinct)

    known = [one for one in log if values(one, kind.distinct)]
    for group, facts in groups(known, kind.group_by):
        reached = {}
        for one in facts:
            level = kind.at_least.at_least(most(window(facts, one.time, kind.window), same))
            if level is not None:
                found = kind.at_least.levels.index(level), level.severity_of("warning")
                reached.setdefault(interval_start(one.time, rule.throttle), []).append(found)
        wanted.update(alert(rule, group, start, severity=max(levels)[1]) for start, levels in reached.items())
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["", ", distinct: language"]),
    st.sampled_from(["2", "{info: 1, critical: 3}", "{warning: 2, critical: 3}"]),
    st.sampled_from(["1h", "3h"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.randoms(use_true_random=False),
)
def test_corroborated(articles, distinct, at_least, window, group_by, dice: Random) -> None:
    rule = f"name: c, kind: corroborated, window: {window}, at_least: {at_least}{distinct}{group_by}"
    check(rule, articles, oracle, dice)
