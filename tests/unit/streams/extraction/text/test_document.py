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
    assert document.written(document.clean[start : start + len(folded)]) == written


def test_a_title_has_its_own_offsets() -> None:
    document = Document("Zoe\u0308  ﬁrst", "text")
    assert document.folded == "zoe first text"
    assert [document.span(0, 3).text, document.span(4, 9).text] == ["Zoe\u0308", "ﬁrst"]
