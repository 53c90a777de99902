import pytest

from streams.collector.posted import PostedError, read_posted


@pytest.mark.parametrize(
    ("body", "ids", "places"),
    [
        (b'{"id":"a","text":"x"}', ("a",), ("",)),
        (b'{\n "id": "a",\n "text": "x"\n}\n', ("a",), ("",)),
        (b'\xef\xbb\xbf[{"id":"a","text":"x"},\n{"id":"b","text":"y"}]', ("a", "b"), ("[0]", "[1]")),
        (b'{"id":"a","text":"x"}\r\n\n{"id":"b","text":"y"}\n', ("a", "b"), ("line 1", "line 3")),
    ],
)
def test_one_an_array_or_lines(body: bytes, ids: tuple[str, ...], places: tuple[str, ...]) -> None:
    posted = read_posted(body)
    assert (posted.ids, posted.places) == (ids, places)


@pytest.mark.parametrize(
    ("body", "place", "says"),
    [
        (b"", "", "no_text: expected an article"),
        (b"[]", "", "no_text: expected an article"),
        (b"[1", "", "not_json: expected an array of articles"),
        (b'[{"text":"x"},{"txt":"x"}]', "[1]", "no_text: field 'text' is missing"),
        (b'{"text":"x"}\n{"text":7}', "line 2", "wrong_type: field 'text'"),
        (b"text=x", "", "not_json"),
    ],
)
def test_a_problem_has_its_place(body: bytes, place: str, says: str) -> None:
    with pytest.raises(PostedError) as raised:
        read_posted(body)
    (problem,) = raised.value.problems
    assert problem["place"] == place
    assert problem["message"].startswith(says)
