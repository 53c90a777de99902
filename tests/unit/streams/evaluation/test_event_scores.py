from __future__ import annotations

from streams.evaluation.event_scores import EventScore, GoldEvent, GoldParty, party_key

VISIT = GoldEvent("visit", "happened", (GoldParty("RUS", "Sergei Lavrov"),), (GoldParty("KAZ"),), "KAZ")


def test_a_party_is_its_country_else_its_plain_name() -> None:
    assert party_key(GoldParty("RUS", "Sergei Lavrov")) == "RUS"
    assert party_key(GoldParty(name="Al-Qaïda")) == "al qaida"
    assert party_key(GoldParty()) is None


def test_figures_are_over_sets_of_an_article() -> None:
    score = EventScore()
    planned = GoldEvent("visit", "planned", (GoldParty("RUS"),), (GoldParty("UZB"),))
    score.add("a", [VISIT], [planned])
    figures = score.figures()
    assert figures.type is not None
    assert figures.type.f1 == 1
    assert figures.type_status is not None
    assert figures.type_status.f1 == 0
    assert figures.actor is not None
    assert figures.actor.f1 == 1
    assert figures.object is not None
    assert figures.object.f1 == 0
    assert ("event type_status", "a", "+", "visit planned") in [
        (error.kind, error.article, error.sign, error.what) for error in score.errors()
    ]


def test_background_does_not_count() -> None:
    score = EventScore()
    score.add("a", [], [GoldEvent("coup", "happened", background=True)])
    assert score.figures().each() == {}
