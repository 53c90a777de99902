"""``chain`` against a brute-force oracle: every moment of every alert below, then the same for chains of chains."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.rules.machine import alert_id
from detectors.timeline.intervals import interval_start
from tests.property.detectors.harness import Given, at, check, engine_of, logs, stories, thorough
from tests.property.detectors.kinds.test_absence import oracle as absences
from tests.property.detectors.oracles import groups, window

articles = logs(
    minutes=600,
    text=st.sampled_from(["coup", "strike", "threat", "imposed", "coup strike"]),
    countries=st.sampled_from([("KAZ",), ("KGZ",), ("KAZ", "KGZ")]),
    source=st.sampled_from(["a", "b"]),
    story=stories,
)

RULES = """
rules:
  - {{name: coups, kind: frequency, where: {{text: coup}}, window: 30m, at_least: 2, group_by: [country], tags: [unrest]}}
  - {{name: strikes, kind: match, where: {{text: strike}}, once_per: [source, country], throttle: 1h, tags: [unrest],
     publish: false}}
  - {{name: threats, kind: absence, after: {{text: threat}}, without: {{text: imposed}}, within: 1h, group_by: [country],
     lateness: 90m}}
  - {{name: low, kind: chain, alerts: {{tags: [unrest], rules: [threats]}}, at_least: {at_least}, distinct: {distinct},
     window: {window}, group_by: [{group_by}], lateness: 10m}}
  - {{name: high, kind: chain, steps: [{{rules: [low]}}, {{rules: [threats]}}], window: 2h, group_by: [{group_by}]}}
  - {{name: then, kind: chain, in_order: true, steps: [{{rules: [strikes]}}, {{rules: [coups, threats]}}, {{rules: [strikes]}}],
     window: {window}, group_by: [{group_by}]}}
  - {{name: unanswered, kind: absence, after: {{alerts: {{rules: [coups, threats]}}}}, without: {{alerts: {{rules: [strikes]}}}},
     within: 1h, group_by: [{group_by}]}}
"""


def told(rule, group, moment, name=None):
    """A moment as a chain reads it: rule, group, id of the alert, time."""
    return (
        rule.name,
        group,
        alert_id(rule.name, group, name or interval_start(moment, rule.throttle).isoformat()),
        moment,
    )


def below(engine, log: list[Given], end):
    for group, facts in groups([one for one in log if "coup" in one.text], ("country",)):
        rule = engine.rules["coups"]
        for one in facts:
            if len({other.id for other in window(facts, one.time, rule.kind.window)}) >= 2:
                yield told(rule, group, one.time)
    for group, facts in groups([one for one in log if "strike" in one.text], ("source", "country")):
        for one in facts:
            yield told(engine.rules["strikes"], group, one.time)
    said = [one for one in log if one.text in {"threat", "imposed"}]
    for id_, expected in absences(engine.rules["threats"], said, end).items():
        for code in ("KAZ", "KGZ"):
            found = told(engine.rules["threats"], {"country": code}, expected.starts_at, expected.starts_at.isoformat())
            if found[2] == id_:
                yield found


def chained(rule, heard):
    """The moments at which a chain's condition is met, by group."""
    kind = rule.kind
    keys = {
        tuple(group[field] for field in kind.group_by) for _, group, _, _ in heard if set(kind.group_by) <= set(group)
    }
    for key in keys:
        group = dict(zip(kind.group_by, key, strict=True))
        own = [one for one in heard if all(one[1].get(field) == value for field, value in group.items())]
        for *_, moment in own:
            within = [one for one in own if moment - kind.window < one[3] <= moment]
            if kind.in_order:
                met = in_order(within, kind.steps)
            elif kind.steps:
                met = all(any(one[0] in step.rules for one in within) for step in kind.steps)
            else:
                met = len({one[0 if kind.distinct == "rule" else 2] for one in within}) >= kind.at_least.least
            if met:
                yield told(rule, group, moment)


def unanswered(rule, heard, known):
    """The id and last state of each alert of an absence over alerts: wait by wait, group by group."""
    kind = rule.kind
    fields = kind.group_by
    for key in {tuple(group[field] for field in fields) for _, group, _, _ in heard if set(fields) <= set(group)}:
        group = dict(zip(fields, key, strict=True))
        own = [one for one in heard if all(one[1].get(field) == value for field, value in group.items())]
        begins = sorted((one[3], one[2]) for one in own if one[0] in kind.after.rules)
        answers = [one[3] for one in own if one[0] in kind.without.rules]
        over = None
        for start, _ in begins:
            if over is not None and start <= over:
                continue
            over = start + kind.within
            if not any(start < time <= over for time in answers) and over < known:
                late = any(over < time <= over + kind.within and time < known for time in answers)
                yield alert_id(rule.name, group, over.isoformat()), "resolved" if late else "firing"


def in_order(heard, steps) -> bool:
    """Whether some choice of one moment a step goes up in time, no alert twice in a row."""
    ends = [(moment, id_) for name, _, id_, moment in heard if name in steps[0].rules]
    for step in steps[1:]:
        own = [(moment, id_) for name, _, id_, moment in heard if name in step.rules]
        ends = [one for one in own if any(before[0] < one[0] and before[1] != one[1] for before in ends)]
    return bool(ends)


@thorough
@given(
    articles,
    st.integers(1, 3),
    st.sampled_from(["alert", "rule"]),
    st.sampled_from(["1h", "5h"]),
    st.sampled_from(["", "country"]),
    st.integers(0, 1500),
    st.randoms(use_true_random=False),
)
def test_chain(articles, at_least, distinct, window, group_by, until, dice: Random) -> None:
    text = RULES.format(at_least=at_least, distinct=distinct, window=window, group_by=group_by)
    found = check(text, articles, None, dice, until=at(until))
    engine = engine_of(text)
    log = sorted(articles, key=lambda one: (one.minute, one.id))
    end = max([at(until), *(one.time for one in log)])
    heard = list(below(engine, log, end))
    low = list(chained(engine.rules["low"], heard))
    high = list(chained(engine.rules["high"], [*low, *(one for one in heard if one[0] == "threats")]))
    waits = dict(unanswered(engine.rules["unanswered"], heard, end - engine.lateness_of["unanswered"]))
    assert {key: one.state for key, one in found.last().items() if one.rule == "unanswered"} == waits
    then = list(chained(engine.rules["then"], heard))
    for name, expected in (("low", low), ("high", high), ("then", then)):
        assert {key for key, one in found.last().items() if one.rule == name} == {one[2] for one in expected}
