from __future__ import annotations

import pytest

from streams.extraction.events.weights import load_weights
from streams.extraction.events.wording import Wording, word_counts
from streams.extraction.text.document import Document

MODEL = Wording(types=("disaster",), bias=(-100,), words={"quake": (300, 500), "bread": (400, -500)})


def test_words_of_title_and_beginning_count_more() -> None:
    counts = word_counts(Document("Quake", f"A quake in Nepal.{' So it goes.' * 100} Houses fell."))
    assert counts["quake"] == 5
    assert counts["houses"] == 1


def test_what_follows_the_first_thousands_of_characters_does_not_count() -> None:
    assert "quake" not in word_counts(Document("", "flour " * 600 + "quake"))


def test_a_text_of_one_word_gets_its_weight_and_the_bias() -> None:
    assert MODEL.scores({"quake": 7, "unknown": 1})["disaster"] == pytest.approx(4)


def test_rare_words_weigh_more_than_common_ones() -> None:
    assert MODEL.scores({"quake": 1, "bread": 1})["disaster"] == pytest.approx(-1 + (3 * 5 - 4 * 5) / 5)


def test_a_text_without_known_words_gets_the_bias() -> None:
    assert MODEL.scores({"unknown": 1}) == {"disaster": -1.0}


def test_the_shipped_model_tells_a_quake_from_a_visit() -> None:
    model = load_weights().wording
    quake = model.scores(word_counts(Document("Earthquake kills dozens", "The quake destroyed houses in the region.")))
    visit = model.scores(
        word_counts(Document("Minister to visit Ankara", "He will travel to Turkey for a state visit."))
    )
    assert quake["disaster"] > visit["disaster"]
    assert visit["visit"] > quake["visit"]
