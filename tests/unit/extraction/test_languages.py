"""Languages: told, given in any form, and countries found by their names in them."""

import pytest

from streams.extraction.extractor import Extractor


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        ("fr", "Le ministre des affaires étrangères de la France a rencontré son homologue du Kazakhstan.", {"FRA", "KAZ"}),
        ("de", "Die Außenminister aus Deutschland und Usbekistan trafen sich am Montag in der Schweiz.", {"DEU", "UZB", "CHE"}),
        ("ru", "Министр иностранных дел Казахстана встретился с послом России в понедельник утром.", {"KAZ", "RUS"}),
        ("zh", "中国和哈萨克斯坦的外交部长星期一举行会谈。", {"CHN", "KAZ"}),
        ("es", "El presidente de México visitó España y Alemania el lunes por la mañana.", {"MEX", "ESP", "DEU"}),
    ],
)  # fmt: skip
def test_countries_by_their_names_in_the_language(
    extractor: Extractor, language: str, text: str, codes: set[str]
) -> None:
    found = extractor.extract("", text)
    assert found.language == language
    assert {country.alpha3 for country in found.countries} == codes
    assert found.extracted == ("countries",)
    assert (found.officials, found.themes) == ((), ())
    for country in found.countries:
        spans = [(mention.start, mention.end) for mention in country.mentions]
        assert len(spans) == len(set(spans))
        assert all(text[start:end] for start, end in spans)


@pytest.mark.parametrize(
    ("given", "code"), [("en-US", "en"), ("EN", "en"), ("fr_FR", "fr"), ("english", "en"), ("", "en")]
)
def test_a_given_language_is_read_in_any_form(extractor: Extractor, given: str, code: str) -> None:
    text = "The president of Kenya said on Monday that the talks with Uganda had been good."
    assert extractor.extract("", text, given).language == code


def test_in_english_everything_is_looked_for(extractor: Extractor) -> None:
    found = extractor.extract("", "The president of Kenya said on Monday that the talks had been good.")
    assert found.extracted == ("countries", "officials", "organisations", "themes")
