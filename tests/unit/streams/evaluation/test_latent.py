from __future__ import annotations

from streams.evaluation.latent import fit_wording
from streams.extraction.events.wording import Wording

QUAKES = [{"quake": 2, "rubble": 1}, {"quake": 1, "tremor": 1, "rubble": 1}, {"tremor": 2, "rubble": 1}]
VISITS = [{"visit": 2, "minister": 1}, {"visit": 1, "minister": 1, "talks": 1}, {"talks": 1, "minister": 1}]
OTHERS = [{"flour": 1}] * 18
TEXTS = [*[*QUAKES, *VISITS] * 3, *OTHERS]
LABELS: list[set[str]] = [*[*[{"disaster"}] * 3, *[{"visit"}] * 3] * 3, *[set()] * 18]


def test_words_share_the_weight_of_the_articles_in_which_they_occur() -> None:
    model = fit_wording(TEXTS, LABELS)
    assert model.types == ("disaster", "visit")
    assert model.scores({"tremor": 1})["disaster"] > 0 > model.scores({"talks": 1})["disaster"]
    assert model.scores({"talks": 1})["visit"] > 0


def test_rare_words_and_words_of_most_articles_are_left_out() -> None:
    model = fit_wording([{**text, "said": 1} for text in TEXTS] + [{"once": 1}], [*LABELS, set[str]()])
    assert {"said", "once"}.isdisjoint(model.words)


def test_articles_without_common_words_teach_nothing() -> None:
    assert fit_wording([{"one": 1}, {"two": 1}], [{"visit"}, set()]) == Wording()


def test_the_same_articles_give_the_same_model() -> None:
    assert fit_wording(TEXTS, LABELS) == fit_wording(TEXTS, LABELS)
