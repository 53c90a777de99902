"""spaCy's entity recogniser, used only for doubtful names."""

import pytest

from streams.extraction.draft import Draft, Source
from streams.extraction.extractor import Extractor
from streams.extraction.people.registry import load_registry
from streams.extraction.text.entities import Entities, ModelNotFoundError


@pytest.fixture(scope="module")
def entities() -> Entities:
    return Entities("en_core_web_sm")


def draft(text: str) -> Draft:
    return Draft(Source("", text, "en"), load_registry())


def test_finds_names_and_skips_numbers(entities: Entities) -> None:
    sentence = "John Smith paid 20 dollars in Astana on Monday."
    (found,) = entities.names([sentence])
    texts = [sentence[start:end] for start, end in found]
    assert "John Smith" in texts
    assert "Astana" in texts
    assert not {"Monday", "20 dollars"} & set(texts)


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("Mayor Quxley opened the bridge.", True),
        ("Mayor Anna Quxley opened the bridge. Mayor Quxley spoke.", False),
        ("Mayor Mr. Quxley opened the bridge.", False),
        ("President Putin opened the bridge.", False),
        ("The bridge was opened.", False),
    ],
)
def test_a_single_word_without_support_is_doubtful(text: str, doubtful: bool) -> None:
    assert bool(draft(text).doubtful) == doubtful


def test_drops_a_candidate_that_is_not_a_name(entities: Entities) -> None:
    one = draft("The Prime Minister LINK said nothing.")
    (sentence,) = one.doubtful
    one.settle(sentence, [])
    assert one.candidates == []


def test_keeps_a_candidate_that_is_a_name() -> None:
    one = draft("Mayor Quxley opened the bridge.")
    (sentence,) = one.doubtful
    one.settle(sentence, [(6, 12)])
    assert [candidate.start for candidate in one.candidates] == [6]


def test_single_calls_and_batches_give_the_same_result() -> None:
    texts = [("", f"Mayor Quxley{n} and Prime Minister LINK met Governor Anna Brown in Ohio.", None) for n in range(70)]
    together = list(Extractor().pipe(texts))
    alone = Extractor()
    assert together == [alone.extract(*text) for text in texts]


def test_the_error_for_a_missing_pipeline_suggests_the_nearest() -> None:
    with pytest.raises(ModelNotFoundError, match=r"no spaCy pipeline 'en_core_web_sn' is installed.*did you mean"):
        Entities("en_core_web_sn")
