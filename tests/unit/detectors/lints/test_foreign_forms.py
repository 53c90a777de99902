"""Values in a form that articles never have."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.loading.ruleset import RuleSetError, load_rules
from detectors.vocabulary import Vocabulary, shipped_vocabulary

VOCABULARY = Vocabulary(
    shipped_vocabulary().themes, shipped_vocabulary().role_classes, frozenset({"OSCE", "European Union"})
)


def warnings(folder: Path, where: str, lists: str = "{}") -> list[str]:
    text = f"lists: {lists}\nrules: [{{name: one, kind: match, where: {where}}}]"
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    return [one.message for one in load_rules(folder, VOCABULARY, linting=True).warnings]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("{source: 'https://www.rferl.org'}", "a source is an outlet, not an address: write rferl.org"),
        ("{source: '*.example'}", "write endswith: .example"),
        ("{source: 'example.*'}", "write startswith: example."),
        ("{url: rferl.org}", "write contains: rferl.org"),
        ("{language: newspeak}", "'newspeak' is no language"),
        (
            "{organisation: OSCEE}",
            "no article has the organisation 'OSCEE', which is not in the gazetteer; did you mean",
        ),
        ("{organisation: Ministry of Silly Walks}", "write text: Ministry of Silly Walks for the words"),
        ("{official: President of Kazakhstan}", "write official: {role: ..., country: KAZ}"),
    ],
)
def test_a_value_that_no_article_has(tmp_path: Path, where: str, said: str) -> None:
    (found,) = warnings(tmp_path, where)
    assert said in found


@pytest.mark.parametrize(
    "where",
    [
        "{source: rferl.org}",
        "{source: {endswith: .example}}",
        "{url: 'https://x.example/a'}",
        "{language: [en, eng, English, en-US, русский]}",
        "{organisation: [osce, european union]}",
        "{official: Duke of York}",
        "{country: [KZ, US, Kazakhstan]}",
    ],
)
def test_a_value_that_articles_have(tmp_path: Path, where: str) -> None:
    assert warnings(tmp_path, where) == []


def test_the_name_of_a_list_where_a_text_is_read(tmp_path: Path) -> None:
    (found,) = warnings(
        tmp_path, "{any: [{text: central_asia}, {country: {in: central_asia}}]}", "{central_asia: [KAZ]}"
    )
    assert found == "this is the text itself; to use the list 'central_asia' write in: central_asia"


def test_a_list_of_names_of_lists(tmp_path: Path) -> None:
    found = warnings(tmp_path, "{text: {in: c}, title: {in: a}, lead: {in: b}}", "{a: [x], b: [y], c: [a, b]}")
    assert found == ["these are the words themselves; for the values of lists write {lists: [a, b]}"]


@pytest.mark.parametrize(
    ("country", "ends"),
    [
        ("Kazakstan", "; did you mean 'Kazakhstan'?"),
        ("Austrlia", "; did you mean 'Australia' or 'Austria'?"),
        ("Central Asia", "found 'Central Asia'"),
        ("Astana", "found 'Astana'"),
        ("EU", "found 'EU'"),
        ("KZG", "found 'KZG'"),
        ("USSR", "found 'USSR'"),
    ],
)
def test_a_country_is_proposed_only_if_it_is_the_one(tmp_path: Path, country: str, ends: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        warnings(tmp_path, f"{{country: {country}}}")
    assert caught.value.problems[0].message.endswith(ends)


def test_a_list_is_proposed_for_its_name_in_words(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match="write 'in: central_asia' to use the list"):
        warnings(tmp_path, "{country: Central Asia}", "{central_asia: [KAZ]}")
