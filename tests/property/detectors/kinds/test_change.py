"""``change`` against a brute-force oracle: visit the articles in order and remember the settled value."""

from itertools import groupby
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.property.detectors.harness import Wanted, alert, at, check, logs, thorough
from tests.property.detectors.oracles import groups

articles = logs(
    minutes=600,
    countries=st.sampled_from([(), ("KAZ",), ("KAZ",), ("KGZ",), ("UZB",), ("KAZ", "KGZ")]),
    source=st.sampled_from(["a", "b"]),
)


def oracle(rule, log, end) -> Wanted:
    kind, wanted, known = rule.kind, {}, end - rule.lateness
    for group, facts in groups(log, kind.group_by):
        settled = given = last = None
        row, told = [], []
        for (time, name), versions in groupby(facts, key=lambda one: (one.time, one.id)):
            values = {country for one in versions for country in one.countries}
            if time >= known or len(values) != 1:
                continue
            (value,) = values
            row = (row if name in row else [*row, name]) if value == given else [name]
            given = value
            if value == settled:
                given = None
            elif len(row) >= kind.at_least:
                if settled and not (last and time - last < rule.throttle):
                    last = time
                    told.append((value, time))
                elif settled:
                    told.append((None, time))
                settled, given = value, None
        for place, (value, time) in enumerate(told):
            opening = time if rule.schedule.open(time) else rule.schedule.next_opening(time)
            replaced = opening > time and place + 1 < len(told) and told[place + 1][1] < opening
            if value and opening < known and not replaced:
                identity = f"{msgspec.json.encode(value).decode()} {time.isoformat()}"
                wanted.update([alert(rule, group, identity, state="firing", starts_at=time)])
    return wanted


@thorough
@given(
    articles,
    st.integers(1, 3),
    st.sampled_from(["", ", throttle: 3h", ", schedule: {hours: '01:00-04:00'}"]),
    st.sampled_from(["", ", group_by: [source]"]),
    st.integers(0, 2000),
    st.randoms(use_true_random=False),
)
def test_change(articles, at_least, more, group_by, until, dice: Random) -> None:
    rule = f"name: c, kind: change, of: country, at_least: {at_least}{more}{group_by}"
    check(rule, articles, oracle, dice, until=at(until), exact=True)
