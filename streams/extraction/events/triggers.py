"""The words that may tell of an event, by type, in one automaton (``data/events.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

import msgspec

from streams.extraction.text.data_files import DATA
from streams.extraction.text.lexicon import Lexicon

TRIGGERS = DATA / "events.yaml"

Form = Literal["noun", "base", "s", "past", "ing", "either"]
"""``past`` is also the participle; ``either``: a noun or the base form of a verb ("attack")."""


class TriggerWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The verbs and nouns of one type of event; ``sure``: those among them that seldom mean anything else."""

    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    sure: frozenset[str] = frozenset()


class Trigger(NamedTuple):
    """A meaning of a word: a type of event, the word's basic form, and the form in which it stands."""

    type: str
    lemma: str
    form: Form
    sure: bool


@cache
def trigger_lexicon() -> Lexicon[tuple[Trigger, ...]]:
    """All forms of all trigger words. Raises OSError, msgspec.ValidationError."""
    table = msgspec.yaml.decode(TRIGGERS.read_bytes(), type=dict[str, TriggerWords])
    terms: dict[str, dict[str, Trigger]] = {}
    for kind, words in table.items():
        forms = [form for verb in words.verbs for form in _verb_forms(verb)]
        forms += [form for noun in words.nouns for form in _noun_forms(noun)]
        for term, lemma, form in forms:
            meanings = terms.setdefault(term, {})
            known = meanings.get(kind)
            other = known.form if known else form
            basic = known.lemma if known else lemma
            both: Form = (
                form if form == other else "either" if {form, other} <= {"noun", "base", "s", "either"} else other
            )
            meanings[kind] = Trigger(kind, basic, both, basic in words.sure)
    lexicon: Lexicon[tuple[Trigger, ...]] = Lexicon()
    for term, meanings in terms.items():
        lexicon.add(term, tuple(meanings.values()))
    lexicon.close()
    return lexicon


def _noun_forms(noun: str) -> Iterator[tuple[str, str, Form]]:
    lemma = noun.lstrip("=")
    yield lemma, lemma.rstrip("*"), "noun"
    if noun == lemma:
        if lemma.endswith("y") and lemma[-2] not in "aeiou":
            yield lemma[:-1] + "ies", lemma, "noun"
        else:
            yield lemma + ("es" if lemma.endswith(("s", "x", "ch", "sh", "z")) else "s"), lemma, "noun"


def _verb_forms(verb: str) -> Iterator[tuple[str, str, Form]]:
    base, _, irregular = verb.lstrip("=").partition(":")
    if verb.startswith("="):
        yield base, base, "past"
        return
    word, blank, rest = base.partition(" ")
    rest = blank + rest
    yield base, base, "base"
    yield _third_person(word) + rest, base, "s"
    stem = word[:-1] if word.endswith("e") and not word.endswith(("ee", "ye")) else word
    doubled = word + word[-1] if _doubles(word) else stem
    yield doubled + "ing" + rest, base, "ing"
    if irregular:
        for past in irregular.split(","):
            yield past, base, "past"
    elif word.endswith("y") and word[-2] not in "aeiou":
        yield word[:-1] + "ied" + rest, base, "past"
    else:
        yield doubled + "ed" + rest, base, "past"
        if doubled != stem and len(word) > 4:  # "kidnaped"
            yield stem + "ed" + rest, base, "past"


def _third_person(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh", "z", "go")) else "s")


def _doubles(word: str) -> bool:
    """Whether the last consonant is doubled: stop, ban, kidnap; not visit, open, target."""
    if word in {"kidnap", "expel", "repel", "rebel", "commit", "admit", "permit", "confer", "remit"}:
        return True
    vowels = [letter in "aeiou" for letter in word]
    return len(word) > 2 and vowels[-3:] == [False, True, False] and sum(vowels) == 1 and word[-1] not in "wxy"
