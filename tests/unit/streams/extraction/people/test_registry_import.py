"""Import of a registry from CSV."""

from pathlib import Path

import pytest

from streams.extraction.extractor import Extractor
from streams.extraction.people.registry import load_registry
from streams.extraction.people.registry_import import ImportProblemError, merge, read_officials, write_registry

WIKIDATA = """person,personLabel,positionLabel,countryLabel,start,end,personAltLabel
http://a.example/Q1,Erlan Quxbek,Foreign Minister of Kazakhstan,Kazakhstan,2020-01-02,2022-05-06,"Yerlan Quxbek, E. Quxbek"
http://a.example/Q1,Erlan Quxbek,Prime Minister of Kazakhstan,Kazakhstan,2022-05-06,,
http://a.example/Q2,Ana Zzyzx,ambassador,USA,,,
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "officials.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_merges_the_rows_of_one_person(tmp_path: Path) -> None:
    first, second = read_officials(written(tmp_path, WIKIDATA))
    assert (first.name, first.id, first.aliases) == ("Erlan Quxbek", "Q1", ("Yerlan Quxbek", "E. Quxbek"))
    assert [(o.role_class, o.country, o.since, o.until) for o in first.offices] == [
        ("foreign_minister", "KAZ", "2020-01-02", "2022-05-06"),
        ("head_of_government", "KAZ", "2022-05-06", ""),
    ]
    assert [(o.role_class, o.country) for o in second.offices] == [("diplomat", "USA")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nam,role\nA,mayor\n", "officials.csv:1: column 'name' is missing: expected one of name, personlabel"),
        ("name,role,class\nA,mayor,lokal\n", "officials.csv:2: class: expected one of head_of_state"),
        ("name,role,class\nA,mayor,lokal\n", "did you mean 'local'?"),
        ("name,role,country\nA,mayor,Kazakstn\n", "officials.csv:2: country: expected a name or alpha-3 code"),
        ("name,role,country\nA,mayor,Kazakstn\n", "did you mean 'Kazakhstan'?"),
    ],
)
def test_an_invalid_row_is_reported_by_line_and_column(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ImportProblemError) as caught:
        read_officials(written(tmp_path, text))
    assert says in str(caught.value)


def test_imported_people_are_found_in_articles(tmp_path: Path) -> None:
    registry = tmp_path / "registry.yaml"
    write_registry(merge(load_registry().people, read_officials(written(tmp_path, WIKIDATA))), registry)
    text = "Kazakhstan's delegation was led by Yerlan Quxbek, and Barack Obama was there."
    found = {official.id: official for official in Extractor(registry=registry).extract("", text).officials}
    assert found["Q1"].country == "KAZ"
    assert any("obama" in key for key in found)


def test_a_registry_of_imported_people_only(tmp_path: Path) -> None:
    registry = tmp_path / "registry.yaml"
    write_registry(read_officials(written(tmp_path, WIKIDATA)), registry)
    assert {person.name for person in load_registry(registry).people} == {"Erlan Quxbek", "Ana Zzyzx"}
