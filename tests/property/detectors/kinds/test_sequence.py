"""``sequence`` against a brute-force oracle: at each moment, try every choice of articles for the steps."""

from itertools import pairwise, product
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.intervals import interval_start
from tests.property.detectors.harness import Wanted, alert, check, logs, thorough
from tests.property.detectors.oracles import groups, window

WORDS = ("alpha", "beta", "gamma")
texts = st.lists(st.sampled_from(WORDS), max_size=3, unique=True).map(" ".join)
articles = logs(minutes=200, text=texts, countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]))


def sequences(within, words):
    """Every choice of articles that meets the steps, each later than the previous one and no version of it."""
    for chosen in product(*([one for one in within if word in one.text] for word in words)):
        if all(one.time < other.time and one.id != other.id for one, other in pairwise(chosen)):
            yield chosen


def oracle(rule, log, end) -> Wanted:
    kind, most = rule.kind, {}
    words = WORDS[: len(kind.steps)]
    for group, facts in groups(log, kind.group_by):
        met = [one for one in facts if any(word in one.text for word in words)]
        for one in met:
            count = len({part.id for all_ in sequences(window(met, one.time, kind.window), words) for part in all_})
            if count:
                key = tuple(group.values()), interval_start(one.time, rule.throttle)
                most[key] = max(most.get(key, 0), count)
    names = kind.group_by
    return dict(alert(rule, dict(zip(names, group, strict=True)), start, severity="warning") for (group, start) in most)


@thorough
@given(
    articles,
    st.integers(2, 3),
    st.sampled_from(["30m", "1h", "3h"]),
    st.sampled_from(["", ", throttle: 20m", ", throttle: 3h"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.randoms(use_true_random=False),
)
def test_sequence(articles, steps, window, more, group_by, dice: Random) -> None:
    asked = ", ".join(f"{{text: {word}}}" for word in WORDS[:steps])
    check(f"name: s, kind: sequence, steps: [{asked}], window: {window}{more}{group_by}", articles, oracle, dice)
