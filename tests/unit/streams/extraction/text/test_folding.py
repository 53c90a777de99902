import sys
import unicodedata

import pytest

from detectors.folding import fold as fold_of_rules
from streams.extraction.text.folding import evened, fold


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
    ],
)
def test_rules_and_extraction_fold_alike(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold_of_rules(text).text == folded


def test_characters_other_than_letters_and_digits_become_blanks() -> None:
    assert fold("U.S.’s 5% – “x”…") == "u s  s 5     x  "


def test_a_decomposed_syllable_folds_like_the_syllable() -> None:
    assert fold(unicodedata.normalize("NFD", "한국")) == fold("한국") == "한국"


def test_each_letter_of_an_even_text_folds_to_one_character() -> None:
    letters = [chr(code) for code in range(sys.maxunicode) if not 0xD800 <= code < 0xE000]
    assert [letter for letter in letters if len(fold(evened(letter))) != len(evened(letter))] == []
    assert [letter for letter in letters if fold(fold(letter)) != fold(letter)] == []


def test_even_text_keeps_case() -> None:
    assert evened("Æthelred Weiß ﬁrst 2½") == "Aethelred Weiss first 21⁄2"
