"""Every word of a text is found in the original and back again, whatever the text holds."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.extraction.text.document import Document
from tests.rigs.examples import examples

PIECES = st.sampled_from(
    ["coup", "Iran", " ", "  ", "\n\n", ".", "\u200b", "\u00ad", "\x00", "e\u0301", "ﬁ", "Æ", "ß", "İ", "а", "中文"]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join))
WORD = re.compile("[^ ]+")


@settings(max_examples=examples(5_000), deadline=None)
@given(title=TEXTS, text=TEXTS)
def test_words_are_found_in_the_original_and_back(title: str, text: str) -> None:
    document = Document(title, text)
    for word in WORD.finditer(document.folded):
        span = document.span(*word.span())
        assert (title if span.in_ == "title" else text)[span.start : span.end] == span.text
        start, end = document.clean_offset(span.in_, span.start), document.clean_offset(span.in_, span.end)
        assert start <= word.start()
        assert word.end() <= end  # a letter such as ¼ is several letters of the clean text, and two words
        assert document.span(start, end) == span
