"""The visible text, and its places in the original."""

import sys
import unicodedata

import pytest

from detectors.visible import Visible, unusual, visible

HIDDEN = [
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x180F, 0x200B, 0x200D, 0x200E, 0x200F, 0x202A),
    *(0x202E, 0x2060, 0x2063, 0x2066, 0x2069, 0x206A, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0, 0xFFF9),
    *(0x1BCA0, 0x1D173, 0xE0000, 0xE0001, 0xE0041, 0xE0100, 0xE01EF),
    *(0x00, 0x01, 0x07, 0x08, 0x0E, 0x1B, 0x1C, 0x1F, 0x7F, 0x80, 0x9B, 0x9F),
]


@pytest.mark.parametrize("code", HIDDEN, ids=hex)
def test_an_invisible_character_is_left_out_and_places_are_in_the_original(code: int) -> None:
    original = f"{chr(code)}The co{chr(code) * 2}up in{chr(code)} Iran{chr(code)}."
    shown = Visible(original)
    assert shown.text == "The coup in Iran."
    start, end = shown.span(4, 8)
    assert original[start:end] == f"co{chr(code) * 2}up"
    start, end = shown.span(12, 16)
    assert original[start:end] == "Iran"


def test_every_control_and_format_character_is_invisible_but_white_space_and_signs_of_a_script() -> None:
    """U+0600 and the like are drawn. A surrogate is no character; a private one may be drawn."""
    left = {
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf"} and visible(chr(code))
    }
    assert {letter for letter in left if unicodedata.category(letter) == "Cc"} == set("\t\n\v\f\r\x85")
    assert all("SIGN" in unicodedata.name(letter) or "MARK" in unicodedata.name(letter) or "HIERO" in unicodedata.name(letter)
               for letter in left if unicodedata.category(letter) == "Cf" and letter not in "\u06dd\u08e2"), left  # fmt: skip


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Irаn", "Iran"),  # Cyrillic а
        ("Рresident of Franсe", "President of France"),  # Cyrillic Р and с
        ("sаnсtiоns", "sanctions"),
        ("Εlection", "Election"),  # Greek Ε
        ("НATO", "HATO"),  # the capital of н
        ("5 μm", "5 μm"),
        ("ро\u200bliсe", "police"),
        ("Иран и Россия", "Иран и Россия"),
        ("Ελλάδα", "Ελλάδα"),
        ("США", "США"),
        ("IT-компания", "IT-компания"),
        ("Δx", "Δx"),
        ("Zürich “Łódź”—naïve", "Zürich “Łódź”—naïve"),
    ],
)
def test_a_letter_that_passes_for_a_latin_one_is_replaced_in_a_word_with_latin_letters_only(
    text: str, seen: str
) -> None:
    assert visible(text) == seen


def test_unusual_characters_are_those_beyond_plain_ascii() -> None:
    assert unusual("a\tb\nc\x00d “é”\U0001f600\ud800") == "\x00“é”\U0001f600\ud800"
