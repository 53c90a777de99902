"""``absence`` against a brute-force oracle: visit the articles in order, one wait at a time."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.property.detectors.harness import Wanted, alert, at, check, logs, stories, thorough
from tests.property.detectors.oracles import copies, groups

texts = st.sampled_from(["threat", "threat", "imposed", "threat imposed"])
articles = logs(minutes=600, text=texts, countries=st.sampled_from([("KAZ",), ("KGZ",), ("KAZ", "KGZ")]), story=stories)


def oracle(rule, log, end) -> Wanted:
    within, wanted, known = rule.kind.within, {}, end - rule.lateness
    for group, facts in groups(log, rule.kind.group_by):
        over = last = None
        for first in (one for one in facts if "threat" in one.text):
            versions = [one for one in facts if one.id == first.id and abs(one.time - first.time) <= within]
            versions = [one for one in versions if one.time > first.time - within]
            if (over and first.time <= over) or any("imposed" in one.text for one in versions):
                continue
            over = first.time + within

            def answers(start, until, facts=facts, first=first, versions=versions) -> list:
                said = [one for one in facts if start < one.time <= until and "imposed" in one.text]
                return [one for one in said if one.id != first.id and not any(copies(one, own) for own in versions)]

            if answers(first.time, over) or over >= known or (last and over - last < rule.throttle):
                continue
            last = over
            came = [one for one in answers(over, over + within) if one.time < known]
            opening = over if rule.schedule.open(over) else rule.schedule.next_opening(over)
            if opening is None or opening >= known or (came and opening > over and came[0].time <= opening):
                continue
            state = "resolved" if came else "firing"
            wanted.update([alert(rule, group, over, state=state, severity="warning", starts_at=over)])
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["30m", "1h", "3h"]),
    st.sampled_from(["", ", throttle: 3h", ", schedule: {hours: '01:00-04:00'}"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.integers(0, 2000),
    st.randoms(use_true_random=False),
)
def test_absence(articles, within, more, group_by, until, dice: Random) -> None:
    rule = f"name: a, kind: absence, after: {{text: threat}}, without: {{text: imposed}}, within: {within}"
    check(rule + more + group_by, articles, oracle, dice, until=at(until), exact=True)
