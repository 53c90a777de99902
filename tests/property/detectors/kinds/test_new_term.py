"""``new_term`` against a brute-force oracle: all moments at which each value was met, from the whole log."""

from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.property.detectors.harness import Wanted, alert, at, check, logs, stories, thorough
from tests.property.detectors.oracles import count_of, groups, window

articles = logs(
    most=14,
    minutes=900,
    text=st.sampled_from(["alpha", "alpha", "beta"]),
    countries=st.sampled_from([("KAZ",), ("KGZ",), ("KAZ", "KGZ"), ("UZB", "KAZ"), ()]),
    source=st.sampled_from(["a", "b"]),
    story=stories,
)
KNOWN = "UZB"


def oracle(rule, log, end) -> Wanted:
    kind, wanted, surely = rule.kind, {}, end - rule.lateness
    learned = min((one.time for one in log), default=end) + kind.learning()
    for group, facts in groups([one for one in log if "alpha" in one.text], kind.group_by):
        begun = []
        for value in {country for one in facts for country in one.countries}:
            those, last, episode = [one for one in facts if value in one.countries], None, None
            for moment in sorted({one.time for one in those}):
                level = kind.at_least.at_least(count_of(window(those, moment, kind.window), kind.distinct))
                if level is None:
                    continue
                if last is None or moment - last >= kind.remember:
                    episode = [moment, value, last, level]
                    begun.append(episode)
                episode[3] = max(episode[3], level, key=lambda one: one.number)
                last = moment
        last_began = None
        for start, value, before, level in sorted(begun, key=lambda one: (one[0], one[1])):
            sure = max(learned, before + kind.remember) if before else learned
            if rule.throttle or rule.schedule.openings:
                sure = max(sure, start)
            if start < learned or surely <= sure or (value == KNOWN and kind.known.countries):
                continue
            if last_began and start - last_began < rule.throttle:
                continue
            last_began = start
            if not rule.schedule.open(start) and rule.schedule.next_opening(start) >= surely:
                continue
            identity = f"{msgspec.json.encode(value).decode()} {before.isoformat() if before else 'never'}"
            wanted.update([alert(rule, group, identity, severity=level.severity_of("warning"))])
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["1h", "2h", "5h"]),
    st.sampled_from(["0", "30m", "3h"]),
    st.sampled_from(["1", "2", "{info: 1, critical: 3}"]),
    st.sampled_from(["article", "story", "source"]),
    st.sampled_from(["20m", "90m"]),
    st.sampled_from(["", ", throttle: 2h", ", schedule: {hours: '01:00-04:00'}", ", known: [Uzbekistan]"]),
    st.sampled_from(["", ", group_by: [source]"]),
    st.integers(0, 2500),
    st.randoms(use_true_random=False),
)
def test_new_term(articles, remember, learn, at_least, distinct, window, more, group_by, until, dice: Random) -> None:
    rule = (
        f"name: n, kind: new_term, where: {{text: alpha}}, of: country, remember: {remember}, learn: {learn}, "
        f"at_least: {at_least}, distinct: {distinct}, window: {window}{more}{group_by}"
    )
    check(rule, articles, oracle, dice, until=at(until))
