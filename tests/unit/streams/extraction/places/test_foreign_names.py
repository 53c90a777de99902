"""The data of country names: every list is read, and every code and language is known."""

import pycountry
import pytest

from streams.extraction.places.foreign_names import latin_kazakh, names, plain
from streams.extraction.text.data_files import DATA, read_yaml

LISTS = read_yaml(DATA / "foreign_names.yaml")
assert isinstance(LISTS, dict)


def test_every_code_is_a_country() -> None:
    known = {country.alpha_3 for country in pycountry.countries} | {"XKX", "never"}
    assert {code for table in LISTS.values() for code in table} <= known


@pytest.mark.parametrize("language", sorted(set(LISTS) - {"cyrillic", "latin", "arabic"}))
def test_every_language_of_the_file_is_read(language: str) -> None:
    found = names(language)
    assert found is not None
    assert {"USA", "GBR", "RUS", "CHN", "KAZ"} <= {
        name.alpha3 for table in (found.whole, found.open) for entries in table.values() for name in entries
    }


def test_apostrophes_of_every_kind_are_alike() -> None:
    assert {plain(f"O{mark}zbekiston") for mark in "'’‘ʻʼ`"} == {"ozbekiston"}


def test_kazakh_in_latin_letters_follows_the_cyrillic() -> None:
    assert plain(latin_kazakh("армения")) == plain("armenııa")
