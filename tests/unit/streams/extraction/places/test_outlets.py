"""Where a news outlet is at home, and what follows for an article that names no state."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.model.article import EnrichedArticle
from streams.extraction.extractor import Extractor
from streams.extraction.places.outlets import load_outlets
from streams.extraction.text.data_files import DataFileError
from streams.pipeline.enrich import Enricher, Record, reader_of_text

NOW = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "url", "home"),
    [
        ("BBC News", None, "GBR"),
        ("bbc.com", None, "GBR"),
        (None, "https://www.bbc.com/news/world-1", "GBR"),
        ("Tengrinews", None, "KAZ"),
        (None, "https://edition.cnn.com/world", "USA"),
        ("www.springfieldnewssun.com", None, "USA"),
        (None, "https://pravda.com.ua/eng/1", "UKR"),
        (None, "http://gov.kg:8080/en", "KGZ"),
        ("thisisoxfordshire.co.uk", None, "GBR"),
        (None, "https://www.state.gov/remarks", "USA"),
        ("Reuters", "https://www.reuters.com/world", ""),
        ("example.io", None, ""),
        ("An unknown outlet", "https://example.com/a", ""),
        ("A desk at home in Kabul. It has no domain", None, ""),
        ("", "http://[", ""),
        (None, None, ""),
    ],
)
def test_the_home_of_an_outlet(source: str | None, url: str | None, home: str) -> None:
    assert load_outlets().home(source, url) == home


def test_a_file_of_the_user_comes_before_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "outlets.yaml"
    own.write_text("NPL: [example.com, The Example, bbc.com]\nnone: [example.kz]\n")
    outlets = load_outlets(own)
    homes = [
        outlets.home(name, None) for name in ("www.example.com", "the example", "bbc.com", "example.kz", "cnn.com")
    ]
    assert homes == ["NPL", "NPL", "NPL", "", "USA"]


def test_a_code_that_is_none_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    own = tmp_path / "outlets.yaml"
    own.write_text("KAS: [example.com]\n")
    with pytest.raises(DataFileError, match=r"outlets\.yaml: KAS: expected an ISO 3166-1 alpha-3 code, or `none`"):
        load_outlets(own)


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


LOCAL = "The fire service in Berea saved two people from a flat on Monday. Mayor Jane Roe thanked the crew."


def test_a_place_of_several_states_lies_where_the_outlet_is(extractor: Extractor) -> None:
    assert [c.alpha3 for c in extractor.extract("", LOCAL, source="richmondregister.com").countries] == ["USA"]
    assert [c.alpha3 for c in extractor.extract("", LOCAL, url="https://example.ls/1").countries] == ["LSO"]


def test_an_office_of_no_named_state_is_one_of_the_outlets_state(extractor: Extractor) -> None:
    text = "Transport Minister Jane Roe opened the bridge on Monday."
    (minister,) = extractor.extract("", text, source="Tengrinews").officials
    assert minister.country == "KAZ"
    assert extractor.extract("", text, source="Tengrinews").countries == ()


def test_an_outlet_abroad_does_not_overrule_what_the_article_says(extractor: Extractor) -> None:
    text = (
        "Transport Minister Jane Roe opened a bridge in Nairobi. Kenya has two such bridges, the Kenyan minister said."
    )
    (minister,) = extractor.extract("", text, source="BBC News").officials
    assert minister.country == "KEN"
    assert [c.alpha3 for c in extractor.extract("", text, source="BBC News").countries] == ["KEN"]


def test_an_article_may_name_the_home_of_its_outlet(extractor: Extractor) -> None:
    article = {"id": "a", "text": "Transport Minister Jane Roe opened the bridge on Monday.", "source": "Tengrinews"}
    homes = ("Kenya", "KE", "nowhere", 7)
    records = [Record(value=json.dumps(article | {"meta": {"home": home}}).encode(), timestamp=NOW) for home in homes]
    found = Enricher(extractor).enrich(records)
    states = [one.officials[0].country for one in found if isinstance(one, EnrichedArticle)]
    assert states == ["KEN", "KEN", "KAZ", "KAZ"]
    given = EnrichedArticle(**article, received_at=NOW, event_time=NOW, meta={"home": "KEN"})
    assert reader_of_text(extractor)(given).officials[0].country == "KEN", "a rule test reads as the stream does"


def test_the_cache_tells_outlets_apart(extractor: Extractor) -> None:
    found = extractor.pipe(
        [("", LOCAL, "en", None, source) for source in ("kentucky.com", "example.ls", "kentucky.com")]
    )
    assert [one.countries[0].alpha3 for one in found] == ["USA", "LSO", "USA"]
