import pytest

from streams.extraction.text.document import Document

TEXT = "Der Straße  Cafe\u0301s: Mr. Łukasz ﬁnally  met\nÆthelred Strauß\u2019s con\u00adgress \u1112\u1161\u11ab."


@pytest.mark.parametrize("title", ["", "Zoe\u0308  ﬁrst"])
@pytest.mark.parametrize(
    ("folded", "original", "written"),
    [
        ("strasse", "Straße", "Straße"),
        ("cafes", "Cafe\u0301s", "Cafés"),
        ("lukasz", "Łukasz", "Łukasz"),
        ("finally", "ﬁnally", "finally"),
        ("aethelred", "Æthelred", "Æthelred"),
        ("strauss", "Strauß", "Strauß"),
        ("congress", "con\u00adgress", "congress"),
        ("한", "\u1112\u1161\u11ab", "한"),
        ("der", "Der", "Der"),
    ],
)
def test_spans_refer_to_the_original(title: str, folded: str, original: str, written: str) -> None:
    document = Document(title, TEXT)
    assert len(document.folded) == len(document.clean)
    start = document.folded.index(folded)
    span = document.span(start, start + len(folded))
    assert (span.in_, span.text) == ("text", original)
    assert TEXT[span.start : span.end] == original
    assert document.clean_offset(span.in_, span.start) == start
    assert document.clean_offset(span.in_, span.end) == start + len(folded)
    assert document.written(document.clean[start : start + len(folded)]) == written


def test_a_title_has_its_own_offsets() -> None:
    document = Document("Zoe\u0308  ﬁrst", "text")
    assert document.folded == "zoe first text"
    assert [document.span(0, 3).text, document.span(4, 9).text] == ["Zoe\u0308", "ﬁrst"]


@pytest.mark.parametrize("hidden", ["\u00ad", "\u200f", "\u2066", "\x00", "\x1b", "\U000e0041"])
def test_an_invisible_character_neither_hides_a_word_nor_moves_a_place(hidden: str) -> None:
    text = f"The co{hidden}up{hidden} in Irаn."  # with a Cyrillic а
    document = Document(hidden, text)
    assert (document.clean, document.body) == ("The coup in Iran.", 0)
    assert document.span(4, 8).text == f"co{hidden}up"
    assert document.span(12, 16).text == "Irаn"
    assert document.clean_offset("text", text.index("Irаn")) == 12
    assert [document.clean_offset("text", at) for at in range(4, 11)] == [4, 5, 6, 6, 7, 8, 8]
    assert document.written("Iran") == "Iran"
