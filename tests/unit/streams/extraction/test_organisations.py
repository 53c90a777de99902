"""Organisations: merged aliases, kinds, offsets in the original."""

import pytest

from streams.extraction.organisations import organisations
from streams.extraction.text.document import Document


def names(text: str) -> list[str]:
    return [organisation.name for organisation in organisations(Document("", text))]


def test_aliases_of_a_group_are_one_organisation_with_all_mentions() -> None:
    text = "Islamic State, also known as ISIS, ISIL or Daesh, lost the town, the U.N. said."
    group, un = organisations(Document("", text))
    assert (group.name, group.kind) == ("Islamic State", "armed_group")
    assert [mention.text for mention in group.mentions] == ["Islamic State", "ISIS", "ISIL", "Daesh"]
    assert {"ISIS", "ISIL", "Daesh"} <= set(group.aliases)
    assert (un.name, un.kind, [mention.text for mention in un.mentions]) == ("United Nations", "igo", ["U.N."])
    for mention in (*group.mentions, *un.mentions):
        assert text[mention.start : mention.end] == mention.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who said that?", []),
        ("the WHO said that", ["World Health Organization"]),
        ("They let it go.", []),
        ("LeT claimed it.", ["Lashkar-e-Taiba"]),
        ("the State Department said", ["US State Department"]),
        ("The United Nations Security Council met.", ["UN Security Council"]),
        ("a white house on the hill", []),
        ("al-Qaeda and the Taleban", ["Al-Qaeda", "Taliban"]),
    ],
)
def test_short_names_match_only_in_their_exact_spelling(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_a_state_body_has_its_country() -> None:
    (kremlin,) = organisations(Document("Kremlin denies it", "Nothing more."))
    assert (kremlin.country, kremlin.kind, kremlin.mentions[0].in_) == ("RUS", "state_body", "title")
