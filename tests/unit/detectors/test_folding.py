import sys

from detectors.folding import fold, words


def test_what_is_folded_stays_as_it_is() -> None:
    letters = "x".join(chr(code) for code in range(sys.maxunicode) if not 0xD800 <= code < 0xE000)
    once = fold(letters).text
    assert fold(once).text == once


def test_words_are_those_of_the_folded_text() -> None:
    assert words("The “Naïve” Al-Shabaab,\n\nГосударство’s x_1") == [
        "the", "naive", "al", "shabaab", "государство", "s", "x_1",
    ]  # fmt: skip
    assert words("Naïve x", cased=True) == ["Naïve", "x"]


def test_the_way_back_to_the_original() -> None:
    text = "A  “ﬁne”\nday"
    folded = fold(text)
    start = folded.text.index("fine")
    assert text[slice(*folded.span(start, start + 4))] == "ﬁne"
    assert text[slice(*folded.span(len(folded.text) - 3, len(folded.text)))] == "day"
