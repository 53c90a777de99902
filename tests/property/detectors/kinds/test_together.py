"""``together`` against a brute-force oracle: at each moment, is there an article for each step in the window?"""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.intervals import interval_start
from tests.property.detectors.harness import Wanted, alert, check, logs, thorough
from tests.property.detectors.oracles import groups, window

WORDS = ("alpha", "beta", "gamma")
texts = st.lists(st.sampled_from(WORDS), max_size=3, unique=True).map(" ".join)
articles = logs(text=texts, countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]))


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}
    words = WORDS[: len(kind.steps)]
    for group, facts in groups(log, kind.group_by):
        met = [one for one in facts if any(word in one.text for word in words)]
        for one in met:
            said = " ".join(other.text for other in window(met, one.time, kind.window))
            if all(word in said for word in words) and rule.schedule.open(one.time):
                start = interval_start(one.time, rule.throttle)
                known = wanted.get(alert(rule, group, start)[0])
                first = min(one.time, known.starts_at) if known else one.time
                wanted.update([alert(rule, group, start, severity="warning", starts_at=first)])
    return wanted


@thorough
@given(
    articles,
    st.integers(2, 3),
    st.sampled_from(["30m", "1h"]),
    st.sampled_from(["", ", throttle: 20m", ", throttle: 3h", ", schedule: {hours: '01:00-04:00'}"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.randoms(use_true_random=False),
)
def test_together(articles, steps, window, more, group_by, dice: Random) -> None:
    asked = ", ".join(f"{{text: {word}}}" for word in WORDS[:steps])
    check(f"name: t, kind: together, steps: [{asked}], window: {window}{more}{group_by}", articles, oracle, dice)
