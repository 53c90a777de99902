"""For any text, invisible characters anywhere in it change neither what is found nor the places of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.folding import fold, words
from detectors.visible import INVISIBLE, Visible, visible
from streams.extraction.text.document import Document
from tests.rigs.examples import examples

PIECES = st.one_of(st.text(max_size=5), st.sampled_from(["coup", "Iran", " ", "\n", "é", "e\u0301", "ﬁ", "ß", "Ирaн"]))
HIDDEN = st.text(st.sampled_from(sorted(INVISIBLE)), max_size=2)
TEXTS = st.lists(st.tuples(HIDDEN, PIECES.map(visible)), max_size=12)


@settings(max_examples=examples(200))
@given(TEXTS)
def test_nothing_hides_a_word(parts: list[tuple[str, str]]) -> None:
    hidden = "".join(unseen + seen for unseen, seen in parts)
    plain = visible("".join(seen for _, seen in parts))
    shown = Visible(hidden)
    assert shown.text == plain
    for at in range(len(plain)):
        start, end = shown.span(at, at + 1)
        assert visible(hidden[start:end]) in {plain[at], hidden[start:end]}
    for cased in (False, True):
        assert fold(hidden, cased=cased).text == fold(plain, cased=cased).text
        assert words(hidden, cased=cased) == words(plain, cased=cased)
    document, bare = Document(hidden, hidden), Document(plain, plain)
    assert (document.clean, document.folded) == (bare.clean, bare.folded)
    for word in range(document.body, len(document.clean), 3):
        span, expected = document.span(word, word + 2), bare.span(word, word + 2)
        assert hidden[span.start : span.end] == span.text
        assert Visible(span.text).text == visible(expected.text)
