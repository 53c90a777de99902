"""Near-copies in any order cost a number of steps that does not grow with those that are known."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.counting.stories import Stories
from detectors.machines import events, judged_moments, stretches
from tests.property.detectors.harness import Given, engine_of, thorough
from tests.property.detectors.machines.test_events import articles, sent
from tests.property.detectors.world import shuffled

RULES = [
    "name: told, kind: frequency, distinct: story, window: 6h, at_least: {warning: 2, critical: 5}",
    "name: independent, kind: corroborated, window: 6h, at_least: {warning: 2, critical: 3}",
    "name: once, kind: match, once_per: story, throttle: 6h",
]
DAY = 24 * 60


def near_copies(number: int, minutes: int, dice: Random) -> list[Given]:
    """Articles over so many minutes: one in 40 tells another story, the others are copies of each other."""
    return [
        Given(
            minutes * place // number,
            f"a{place}",
            "A coup.",
            source=f"s{place}",
            story=(place + 100 if place % 40 == 7 else dice.randrange(2), place + 10_000),
        )
        for place in range(number)
    ]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("minutes", [50, 2 * DAY])
def test_steps_for_an_article_do_not_grow_with_near_copies_out_of_order(
    rule: str, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Counter[int]()
    size = 0
    for name in ("enter", "leave", "number"):
        step = getattr(Stories, name)

        def counted(*args: object, step: object = step) -> object:
            steps[size] += 1
            return step(*args)  # type: ignore[operator]

        monkeypatch.setattr(Stories, name, counted)
    engine = engine_of(rule)
    for size in (300, 900):
        dice = Random(7)
        log = [one.enriched() for one in near_copies(size, minutes, dice)]
        dice.shuffle(log)
        sent(engine, log, set())
    few, many = steps[300] / 300, steps[900] / 900
    assert many < 1.7 * few + 4, f"{few:.1f} steps an article of 300, {many:.1f} of 900"


@pytest.mark.parametrize("rule", RULES[:2])
@given(articles=articles, dice=st.randoms(use_true_random=False))
@thorough
def test_bounds_of_stretches_change_no_alert(rule: str, articles: list[Given], dice: Random) -> None:
    engine = engine_of(rule.replace("6h", "1h"))
    log = shuffled([one.enriched() for one in articles], timedelta(hours=2), dice)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "MOST_COUNTED", 10_000)
        wanted = sent(engine, log, set()).alerts
        patch.setattr(events, "MOST_COUNTED", 0)
        patch.setattr(judged_moments, "FEW", 1)
        patch.setattr(stretches, "MOST_PASSED", dice.randrange(2))
        assert sent(engine, log, set()).alerts == wanted
