"""Events judge only the moments that a fact may affect, as if every moment were judged at each fact."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.kinds import sequence
from detectors.machines.events import EventKind, EventMachine
from detectors.model.article import EnrichedArticle
from tests.property.detectors.harness import Given, engine_of, logs, stories, thorough
from tests.property.detectors.world import Sent, shuffled

FEW = "{warning: 2, critical: 5}"
RULES = [
    f"name: many, kind: frequency, where: {{text: coup}}, window: 1h, at_least: {FEW}",
    "name: sources, kind: frequency, distinct: source, window: 2h, at_least: 2",
    "name: told, kind: frequency, distinct: story, window: 2h, at_least: 2, throttle: 30m",
    "name: outlets, kind: cardinality, of: source, window: 2h, at_least: 2, minimum: 3",
    "name: countries, kind: cardinality, of: country, window: 1h, at_least: 2",
    "name: both, kind: together, steps: [{text: coup}, {text: talks}], window: 1h, throttle: 20m",
    "name: three, kind: together, steps: [{text: coup}, {text: talks}, {text: rain}], window: 2h",
    "name: then, kind: sequence, steps: [{text: coup}, {text: talks}], window: 1h, throttle: 2h",
    "name: back, kind: sequence, steps: [{text: coup}, {text: talks}, {text: coup}], window: 3h",
    f"name: independent, kind: corroborated, window: 2h, at_least: {FEW}",
]
articles = logs(
    most=30,
    text=st.sampled_from(["A coup.", "A coup.", "The talks.", "Coup and talks.", "Rain after the coup."]),
    countries=st.sampled_from([(), ("KAZ",), ("KGZ",), ("KAZ", "KGZ")]),
    source=st.sampled_from(["a", "b", "c", None]),
    story=stories,
)


def sent(engine: Engine, log: list[EnrichedArticle], restarts: set[int]) -> Sent:
    """What one partition sends; it is restarted from its changelog before some of the articles."""
    state, changelog, out = PartitionState(engine), dict[str, bytes](), Sent()
    for number, article in enumerate(log):
        if number in restarts:
            state = PartitionState(engine)
            state.load(changelog.items())
        for observation in engine.read(article).observations:
            step = state.observe(observation)
            out.take(step.firings)
            changelog |= step.puts
    return out


@pytest.mark.parametrize("rule", RULES)
@thorough
@given(articles=articles, dice=st.randoms(use_true_random=False), most_exact=st.sampled_from([3, 200]))
def test_no_moment_is_missed(rule: str, articles: list[Given], dice: Random, most_exact: int) -> None:
    engine = engine_of(rule)
    log = shuffled([one.enriched() for one in articles], timedelta(hours=2), dice)
    restarts = {dice.randrange(len(log))} if log and dice.random() < 0.3 else set[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequence, "MOST_EXACT", most_exact)
        found = sent(engine, log, restarts)
        patch.setattr(EventMachine, "_again", lambda *_: 0)  # always judged again
        assert found.alerts == sent(engine, log, restarts).alerts


@pytest.mark.parametrize("rule", [rule for rule in RULES if "corroborated" not in rule and "countries" not in rule])
def test_number_of_moments_judged_per_fact_does_not_grow_with_the_group(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, judged = Random(7), Counter[int]()
    engine = engine_of(rule.replace("window: 1h", "window: 5h").replace("window: 2h", "window: 5h"))
    kind = type(next(iter(engine.rules.values())).kind)
    assert issubclass(kind, EventKind)
    judge = kind.judge
    texts = ["A coup.", "The talks.", "Coup and talks.", "Rain after the coup."]
    sizes = (300, 900)

    def counted(*given: object) -> object:
        judged[size] += 1
        return judge(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(kind, "judge", counted)
    for size in sizes:  # this many articles in five hours, at most an hour out of order
        log = [
            Given(300 * number // size, f"a{number}", dice.choice(texts), ("KAZ",), f"s{number}")
            for number in range(size)
        ]
        sent(engine, shuffled([one.enriched() for one in log], timedelta(hours=1), dice), set())
    small, large = (judged[size] / size for size in sizes)
    assert large < 1.5 * small + 1, f"{small:.1f} moments a fact in {sizes[0]} articles, {large:.1f} in {sizes[1]}"
