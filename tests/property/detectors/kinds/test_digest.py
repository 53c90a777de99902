"""``digest`` against walking over every local time of the log's days."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from detectors.rules.schedule import DAYS
from tests.property.detectors.harness import Wanted, alert, at, check, logs, thorough
from tests.property.detectors.oracles import groups

DAY = 24 * 60
articles = logs(minutes=5 * DAY, countries=st.sampled_from([(), ("KAZ",), ("KAZ", "KGZ")]))


def oracle(rule, log, end) -> Wanted:
    kind, wanted = rule.kind, {}
    zone = ZoneInfo(kind.timezone)
    times = []
    for number in range(-10, 20):
        day = (at(0).astimezone(zone) + timedelta(days=number)).date()
        if DAYS[day.weekday()] in kind.days:
            times.append(datetime.combine(day, time.fromisoformat(kind.at), tzinfo=zone))
    for group, facts in groups(log, kind.group_by):
        for before, moment in pairwise(times):
            ids = {one.id for one in facts if before < one.time <= moment}
            if ids and len(ids) >= kind.minimum and moment < end - rule.lateness:
                name = moment.astimezone(at(0).tzinfo).isoformat()
                wanted.update([alert(rule, group, name, count=len(ids), state="firing", severity="warning")])
    return wanted


@thorough
@given(
    articles,
    st.sampled_from(["at: '08:00'", "at: '00:00', timezone: Asia/Dushanbe", "at: '23:45', days: [mon, thu]"]),
    st.sampled_from(["", ", group_by: [country]"]),
    st.sampled_from(["", ", minimum: 2", ", lateness: 0s", ", lateness: 3h"]),
    st.randoms(use_true_random=False),
)
def test_digest(articles, when, group_by, more, dice: Random) -> None:
    rule = f"name: d, kind: digest, {when}{group_by}{more}"
    check(rule, articles, oracle, dice, until=at(dice.choice((2, 5, 9)) * DAY), exact=True)
