from __future__ import annotations

import msgspec
import pytest

from detectors.vocabulary import event_types
from streams.extraction.events.triggers import TRIGGERS, TriggerWords, trigger_lexicon


@pytest.mark.parametrize(
    ("word", "kind", "lemma", "form"),
    [
        ("visited", "visit", "visit", "past"),
        ("kidnapped", "attack", "kidnap", "past"),
        ("flew to", "visit", "fly to", "past"),
        ("flying to", "visit", "fly to", "ing"),
        ("treaties", "agreement", "treaty", "noun"),
        ("coups", "coup", "coup", "noun"),
        ("expels", "sanction", "expel", "s"),
        ("banned", "sanction", "ban", "past"),
        ("protest", "protest", "protest", "either"),
    ],
)
def test_a_word_is_known_in_its_forms(word: str, kind: str, lemma: str, form: str) -> None:
    found = [trigger for hit in trigger_lexicon().hits(f"they {word} it") for trigger in hit.value]
    assert (kind, lemma, form) in [trigger[:3] for trigger in found]


def test_every_type_has_sure_words_and_all_of_them_are_known() -> None:
    table = msgspec.yaml.decode(TRIGGERS.read_bytes(), type=dict[str, TriggerWords])
    assert set(table) == set(event_types())
    for kind, words in table.items():
        known = {term.lstrip("=").partition(":")[0].rstrip("*") for term in (*words.verbs, *words.nouns)}
        assert words.sure, kind
        assert words.sure <= known, kind
