"""The phrases of many conditions in one automaton: an article's text is read once for all of them."""

from __future__ import annotations

from collections.abc import Iterable

import ahocorasick
import msgspec

from detectors.folding import Folded, fold, fold_value, word_bounded, word_end


class Phrase(msgspec.Struct, frozen=True):
    """Whole words to be found: ``text`` folded (``cased``: only its blanks), ``prefix`` where a final ``*`` stood."""

    text: str
    prefix: bool = False
    cased: bool = False


def phrase(text: str, *, cased: bool = False) -> Phrase:
    """The phrase that a rule writes. Raises ValueError where nothing is left to look for."""
    prefix = text.endswith("*")
    words = fold_value(text[:-1] if prefix else text, cased)
    if prefix and text[:-1] != text[:-1].rstrip():
        raise ValueError("expected the final * to stand at a word, as in 'cancel*'")
    if not words:
        raise ValueError("expected a word or phrase, found none")
    return Phrase(words, prefix, cased)


Hit = tuple[int, int]
"""Start and end in the original text."""


def in_value(wanted: Phrase, folded: str) -> bool:
    """Whether the phrase stands as whole words in a short text that is folded as the phrase is."""
    start = folded.find(wanted.text)
    while start >= 0:
        if word_bounded(folded, start, start + len(wanted.text), prefix=wanted.prefix):
            return True
        start = folded.find(wanted.text, start + 1)
    return False


class Lexicon:
    """All phrases of a set of rules. Finding takes time linear in the text, however many they are."""

    __slots__ = ("_automata",)

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        by_case: dict[bool, dict[str, list[Phrase | None]]] = {}
        for wanted in phrases:
            pair = by_case.setdefault(wanted.cased, {}).setdefault(wanted.text, [None, None])
            pair[wanted.prefix] = wanted
        self._automata: list[tuple[bool, ahocorasick.Automaton]] = []
        for cased, words in by_case.items():
            automaton = ahocorasick.Automaton()
            for text, (whole, prefix) in words.items():
                automaton.add_word(text, (len(text), whole, prefix))
            automaton.make_automaton()
            self._automata.append((cased, automaton))

    def find(self, text: str) -> dict[Phrase, list[Hit]]:
        """Every phrase that the text holds, with its places in the original, in text order."""
        found: dict[Phrase, list[Hit]] = {}
        if text:
            for cased, automaton in self._automata:
                _search(automaton, fold(text, cased=cased), found)
        return found


def _search(automaton: ahocorasick.Automaton, folded: Folded, found: dict[Phrase, list[Hit]]) -> None:
    text = folded.text
    for last, (length, whole, prefix) in automaton.iter(text):
        start, end = last + 1 - length, last + 1
        if not word_bounded(text, start, end, prefix=True):
            continue
        if whole is not None and word_bounded(text, start, end):
            found.setdefault(whole, []).append(folded.span(start, end))
        if prefix is not None:
            found.setdefault(prefix, []).append(folded.span(start, word_end(text, end)))
