import sys

import pytest

from detectors.folding import fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Łukasz", "lukasz"),
        ("ﬁnance", "finance"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Cafe\u0301", "cafe"),
        ("Vie\u0323\u0302t", "viet"),
        ("Kılıçdaroğlu", "kilicdaroglu"),
        ("con\u00adgress", "congress"),
        ("c\u200eo\x00u\u2066p", "coup"),
        ("Irаn", "iran"),  # with a Cyrillic а
        ("Irάn", "iran"),  # with a Greek alpha
    ],
)
def test_spellings_of_one_word_fold_alike(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_span_keeps_a_combining_accent() -> None:
    text = "Cafe\u0301 Zoe\u0308"
    assert text[slice(*fold(text).span(0, 4))] == "Cafe\u0301"
    assert text[slice(*fold(text).span(5, 8))] == "Zoe\u0308"


def test_folding_is_idempotent() -> None:
    letters = "x".join(chr(code) for code in range(sys.maxunicode) if not 0xD800 <= code < 0xE000)
    once = fold(letters).text
    assert fold(once).text == once


def test_words_come_from_the_folded_text() -> None:
    assert words("The “Naïve” Al-Shabaab,\n\nГосударство’s x_1") == [
        "the", "naive", "al", "shabaab", "государство", "s", "x_1",
    ]  # fmt: skip
    assert words("Naïve x", cased=True) == ["Naïve", "x"]


def test_span_maps_back_to_the_original() -> None:
    text = "A  “ﬁne”\nday"
    folded = fold(text)
    start = folded.text.index("fine")
    assert text[slice(*folded.span(start, start + 4))] == "ﬁne"
    assert text[slice(*folded.span(len(folded.text) - 3, len(folded.text)))] == "day"
