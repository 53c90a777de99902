import pytest

from streams.sources.listed.opml import OpmlError, outlines


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not XML"),
        (b"<rss/>", "found the element 'rss'"),
        (b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml/>", "without entities"),
    ],
)
def test_what_is_no_opml_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(OpmlError, match=says):
        list(outlines(content))
