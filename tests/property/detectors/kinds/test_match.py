"""``match`` against checking each article, or each interval, of the whole log."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline.intervals import interval_start
from tests.property.detectors.harness import Wanted, alert, check, logs, stories, thorough
from tests.property.detectors.oracles import count_of, groups

articles = logs(
    countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]),
    source=st.sampled_from([None, "a", "b"]),
    language=st.sampled_from("ab"),
    story=stories,
)


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}
    log = [one for one in log if one.language == "b" and rule.schedule.open(one.time)]
    if "article" in kind.once_per:
        for group, facts in groups(log, kind.group_fields()):
            wanted.update(alert(rule, group, f"article {one.id}", severity="warning", state="firing") for one in facts)
        return wanted
    for group, facts in groups(log, kind.group_fields()):
        intervals: dict = {}
        for one in facts:
            intervals.setdefault(interval_start(one.time, rule.throttle), []).append(one)
        for start, members in intervals.items():
            if "story" in kind.once_per:
                for number in range(1, count_of(members, "story") + 1):
                    wanted.update([alert(rule, group, f"{start.isoformat()} {number}", state="firing")])
            else:
                wanted.update([alert(rule, group, start)])
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["article", "story", "country", "[country, source]", "[story, country]", "[article, country]"]),
    st.sampled_from(["", ", throttle: 1h", ", throttle: 90m, schedule: {hours: '01:00-04:00'}"]),
    st.randoms(use_true_random=False),
)
def test_match(articles, once_per, more, dice: Random) -> None:
    check(f"name: m, kind: match, where: {{language: b}}, once_per: {once_per}{more}", articles, oracle, dice)
