import time

import pytest

from streams.sources.rss.plain_text import plain_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Ministers met.</p><p>They <b>parted</b>.</p>", "Ministers met.\n\nThey parted."),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("a<br/>b<!-- c -->d", "a\nbd"),
        ("Talks &amp; tea &#x110000;", "Talks & tea \ufffd"),
        ("<p", "<p"),
        ("<td>Iran</td><td>Iraq</td>", "Iran\n\nIraq"),
        ("a<!-- b > c -->d", "ad"),
        ("a<!-- b", "a b"),
        ("a<script>b < c</script>d<SVG><title>e</title></SVG>f", "adf"),
        ("Met in <Astana> on <b>Monday</b>", "Met in <Astana> on Monday"),
        ("<o:p>a</o:p>", "a"),
        ("It&amp;#8217;s", "It\u2019s"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    "unit",
    ["<", "<a", "<p", "</p", "<p ", "<!", "<!--", "&", "&#", "<p>", "\n<div", "<a <", "<script>", "<svg/>", "-->"],
)
def test_time_is_linear_in_the_length(unit: str) -> None:
    """A quadratic pattern takes minutes here."""
    started = time.process_time()
    plain_text(unit * 500_000)
    assert time.process_time() - started < 20
