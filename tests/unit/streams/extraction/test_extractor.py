"""The whole extractor: the findings of one article, with offsets into the original."""

from pathlib import Path

import pytest

from streams.extraction.extractor import IN_ENGLISH, Extraction, Extractor

TOUR = (
    "Share\n\nAfter meeting Tajikistan’s President Emomali Rahmon and Foreign Minister Sirodjidin Aslov in Dushanbe,"
    " Secretary of State John Kerry said the U.S.is  ready to help. Mr. Kerry left on\u00a0Monday."
)


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def test_every_span_is_a_slice_of_the_original(extractor: Extractor) -> None:
    title = "Kerry  tours Central Asia"
    found = extractor.extract(title, TOUR)
    original = {"title": title, "text": TOUR}
    spans = [m for c in found.countries for m in c.mentions]
    spans += [m for o in found.officials for m in (*o.mentions, *o.evidence)]
    spans += [s for t in found.themes for s in t.evidence]
    assert len(spans) > 8
    assert all(original[span.in_][span.start : span.end] == span.text for span in spans)


def test_title_and_name_give_person_class_and_country(extractor: Extractor) -> None:
    found = extractor.extract("", TOUR)
    officials = {official.name: (official.role_class, official.country) for official in found.officials}
    assert officials["Emomali Rahmon"] == ("head_of_state", "TJK")
    assert officials["Sirodjidin Aslov"] == ("foreign_minister", "TJK")
    assert officials["John Kerry"] == ("foreign_minister", "USA")


def test_later_mentions_join_the_person(extractor: Extractor) -> None:
    found = extractor.extract("", TOUR)
    kerry = next(official for official in found.officials if official.name == "John Kerry")
    assert [mention.text for mention in kerry.mentions] == ["John Kerry", "Kerry"]


def test_a_copy_comes_from_the_cache_and_is_equal(extractor: Extractor) -> None:
    assert extractor.extract("", TOUR) is extractor.extract("", TOUR)


def test_pipe_keeps_the_order(extractor: Extractor) -> None:
    texts = [f"France and Germany spoke, {number} times." for number in range(5)]
    assert list(extractor.pipe(("", text, None) for text in texts)) == [extractor.extract("", text) for text in texts]


def test_other_languages_give_countries_only(extractor: Extractor) -> None:
    found = extractor.extract(
        "", "Der Präsident von Frankreich ist am Montag nach Deutschland gereist, um dort Gespräche zu führen."
    )
    assert found.language == "de"
    assert {country.alpha3 for country in found.countries} == {"FRA", "DEU"}
    assert found.officials == ()
    assert found.themes == ()


def test_an_empty_article_yields_nothing(extractor: Extractor) -> None:
    assert extractor.extract("", "") == Extraction(language="en", extracted=IN_ENGLISH)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("The U.S.is ready, in the U.S.in September.", {"USA"}),
        ("Police in Atlanta, Georgia, said the state of Georgia will pay.", {"USA"}),
        ("The Georgian capital Tbilisi was quiet.", {"GEO"}),
        ("American Airlines cancelled flights.", set()),
        ("We ate turkey on a plate with the family.", set()),
        ("Paris Hilton was seen at the party.", set()),
        ("The crash happened in Palestine, Texas, on Monday.", {"USA"}),
        ("The former Soviet republics met.", set()),
        ("Moscow said it would answer.", {"RUS"}),
        ("ISIL attacked; Daesh and the Islamic State of Iraq and Syria fled.", set()),
        ("Congo-Brazzaville and the Democratic Republic of Congo signed. Niger and Nigeria too.", {"COG", "COD", "NER", "NGA"}),
        ("Officials said Bishkek would face sanctions.", {"KGZ"}),
        ("Explosion in Kabul kills 12", {"AFG"}),
    ],
)  # fmt: skip
def test_hard_cases_of_countries(extractor: Extractor, text: str, codes: set[str]) -> None:
    assert {country.alpha3 for country in extractor.extract("", text).countries} == codes


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (
            "Tajikistan's President Emomali Rahmon and Foreign Minister Sirodjidin Aslov met. Rakhmon smiled.",
            {"Emomali Rahmon": ["Emomali Rahmon", "Rakhmon"], "Sirodjidin Aslov": ["Sirodjidin Aslov"]},
        ),
        ("Former President Nazarbaev, and later Nursultan Nazarbayev", {"Nursultan Nazarbayev": ["Nazarbaev", "Nursultan Nazarbayev"]}),
        ("The President Hotel opened.", {}),
        ("The Assad regime fell.", {"Assad": ["Assad"]}),
        ("Reagan Airport was closed.", {}),
    ],
)  # fmt: skip
def test_hard_cases_of_officials(extractor: Extractor, text: str, people: dict[str, list[str]]) -> None:
    found = extractor.extract("", text).officials
    assert {official.name: [mention.text for mention in official.mentions] for official in found} == people


def test_a_custom_taxonomy_with_terms_patterns_and_counter_terms(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.yaml").write_text(
        "water: {terms: {'3': [dam, river*]}, patterns: {'4': ['\\bsecond (?:\\w+ )?canal\\b']}, against: [beaver], threshold: 4}"
    )
    extractor = Extractor(taxonomy=tmp_path / "taxonomy.yaml")
    (theme,) = extractor.extract("", "The second great canal was opened by the river.").themes
    assert (theme.theme, [span.text for span in theme.evidence]) == ("water", ["second great canal", "river"])
    assert extractor.extract("", "A beaver built a dam on the river, said a friend of the beaver.").themes == ()


def test_the_cache_keeps_title_and_text_apart() -> None:
    extractor = Extractor()
    for title, text in (("", "\0Kazakhstan"), ("\0", "Kazakhstan"), ("\0Kazakhstan", ""), ("Kazakhstan", "\0")):
        found = extractor.extract(title, text)
        assert all(span.end <= len({"title": title, "text": text}[span.in_]) for span in found.sentences), (title, text)


def test_a_name_keeps_the_spelling_of_the_article(extractor: Extractor) -> None:
    text = "Foreign Minister Franz Strauß of Germany met Prime Minister Rene\u0301 Dupont of France on Monday."
    found = extractor.extract("", text).officials
    assert [official.name for official in found] == ["Franz Strauß", "René Dupont"]
    assert [mention.text for official in found for mention in official.mentions] == [
        "Franz Strauß",
        "Rene\u0301 Dupont",
    ]
    assert found[0].id == "franz-strauss-deu"


def test_the_cache_is_limited_by_articles_and_by_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    extractor = Extractor()
    monkeypatch.setattr("streams.extraction.extractor.CACHE_CHARACTERS", 1000)
    texts = [f"{number}. The U.S. and Iran talked. " + "x " * 150 for number in range(10)]
    first = [extractor.extract("", text) for text in texts]
    assert len(extractor._cache) == 3
    assert [extractor.extract("", text) for text in texts] == first
    assert extractor.extract("", "y " * 5000).language  # larger than all of the cache
    assert len(extractor._cache) == extractor._cached_characters == 0
    monkeypatch.setattr("streams.extraction.extractor.CACHE_SIZE", 2)
    list(extractor.pipe([("", f"short {number}") for number in range(5)] * 2))
    assert len(extractor._cache) == 2
