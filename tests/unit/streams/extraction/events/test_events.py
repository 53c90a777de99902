from __future__ import annotations

from time import process_time

import pytest

from detectors.model.article import Event
from streams.extraction.extractor import Extraction, Extractor


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def reported(found: Extraction, kind: str) -> Event:
    """The one event of a type that an article reports."""
    (event,) = (event for event in found.events if event.type == kind and not event.background)
    return event


QUAKE = (
    "Strong earthquake strikes Nepal",
    (
        "KATHMANDU - A strong earthquake struck western Nepal on Friday, killing at least 40 people, officials said. "
        "The quake destroyed hundreds of houses and rescue workers were searching for survivors."
    ),
)
TALKS = (
    "Lavrov meets Turkish counterpart in Ankara",
    (
        "Russian Foreign Minister Sergei Lavrov met Turkish Foreign Minister Hakan Fidan for talks in Ankara on Tuesday. "
        "The meeting lasted two hours, the ministry said."
    ),
)


def test_an_event_has_type_status_parties_and_place(extractor: Extractor) -> None:
    event = reported(extractor.extract(*QUAKE), "disaster")
    assert event.status == "happened"
    assert [party.country for party in event.targets] == ["NPL"]
    assert event.place == "NPL"
    assert 0.3 < event.confidence <= 1


def test_an_official_stands_for_the_state_with_name_id_and_class(extractor: Extractor) -> None:
    event = reported(extractor.extract(*TALKS), "meeting")
    parties = {party.country: party for party in event.actors}
    assert set(parties) == {"RUS", "TUR"}
    assert parties["RUS"].name == "Sergei Lavrov"
    assert parties["RUS"].role_class == "foreign_minister"
    assert parties["RUS"].official is not None


@pytest.mark.parametrize("article", [QUAKE, TALKS])
def test_every_span_is_found_in_the_article(extractor: Extractor, article: tuple[str, str]) -> None:
    title, text = article
    found = extractor.extract(title, text)
    assert found.events
    for event in found.events:
        assert event.trigger is not None
        assert event.evidence
        for span in (event.trigger, *event.evidence):
            assert (title if span.in_ == "title" else text)[span.start : span.end] == span.text


def test_the_modality_of_the_sentence_decides_the_status(extractor: Extractor) -> None:
    text = "The European Union {} sanctions on Belarus on Monday, diplomats in Brussels said. The sanctions {}."
    imposed = extractor.extract("", text.format("imposed new", "target the state bank of Belarus"))
    feared = extractor.extract(
        "", text.format("threatened to impose new", "could be imposed if Belarus does not yield")
    )
    assert reported(imposed, "sanction").status == "happened"
    assert reported(feared, "sanction").status == "possible"


def test_a_text_without_events_has_none(extractor: Extractor) -> None:
    found = extractor.extract("How to bake bread", "Mix flour, water and salt. Bake the loaf for forty minutes.")
    assert found.events == ()
    assert "events" in found.extracted


def test_other_languages_are_not_read_for_events(extractor: Extractor) -> None:
    found = extractor.extract("", "Le ministre russe a visité la Turquie lundi pour des entretiens à Ankara.", "fr")
    assert found.events == ()
    assert "events" not in found.extracted


@pytest.mark.parametrize(
    "text",
    [
        "attack " * 140_000,
        "Russia attacked Ukraine. " * 40_000,
        "President Putin met President Erdogan and " * 24_000,
        "strike, Russia, " * 60_000,
    ],
)
def test_a_megabyte_of_triggers_and_parties_takes_bounded_time(extractor: Extractor, text: str) -> None:
    plain = "flour, water, " * (len(text) // 14)
    extractor.extract("", plain)
    start = process_time()
    extractor.extract("", text, "en")
    assert process_time() - start < 20  # 2 s on an idle machine; the bound is against a quadratic reading
