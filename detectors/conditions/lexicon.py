"""The phrases of many conditions in one lexicon: an article's text is read once for all of them.

A phrase can stand only in a text that holds all its words, so the words of the text are looked up, each once, in one
dictionary of all phrases. That is quicker than an automaton of letters, and much smaller: a word is found in one step,
and what is no word of any phrase costs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detectors.conditions.conjunctions import Conjunctions
from detectors.folding import Folded, fold, fold_value, word_bounded, word_end, words


class Phrase(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """Whole words to be found: ``text`` folded (``cased``: only its blanks), ``prefix`` where a final ``*`` stood."""

    text: str
    prefix: bool = False
    cased: bool = False


def phrase(text: str, *, cased: bool = False) -> Phrase:
    """The phrase that a rule writes. Raises ValueError where nothing is left to look for."""
    prefix = text.endswith("*")
    folded = fold_value(text[:-1] if prefix else text, cased)
    if prefix and text[:-1] != text[:-1].rstrip():
        raise ValueError("expected the final * to stand at a word, as in 'cancel*'")
    if not folded:
        raise ValueError("expected a word or phrase, found none")
    return Phrase(folded, prefix, cased)


Hit = tuple[int, int]
"""Start and end in the original text."""


def in_value(wanted: Phrase, folded: str) -> bool:
    """Whether the phrase stands as whole words in a text that is folded as the phrase is."""
    start = folded.find(wanted.text)
    while start >= 0:
        if word_bounded(folded, start, start + len(wanted.text), prefix=wanted.prefix):
            return True
        start = folded.find(wanted.text, start + 1)
    return False


def places(wanted: Phrase, folded: Folded) -> list[Hit]:
    """Every place of the original text where the phrase stands as whole words, in text order."""
    hits = []
    text = folded.text
    start = text.find(wanted.text)
    while start >= 0:
        end = start + len(wanted.text)
        if word_bounded(text, start, end, prefix=wanted.prefix):
            hits.append(folded.span(start, word_end(text, end) if wanted.prefix else end))
        start = text.find(wanted.text, start + 1)
    return hits


class Lexicon:
    """All phrases of a set of rules. Finding takes time linear in the text, however many they are."""

    __slots__ = ("_by_case",)

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        by_case: dict[bool, list[Phrase]] = {}
        for wanted in phrases:
            by_case.setdefault(wanted.cased, []).append(wanted)
        self._by_case = [_Phrases(wanted, cased) for cased, wanted in by_case.items()]

    def found(self, text: str) -> set[Phrase]:
        """Every phrase that stands in the text."""
        found: set[Phrase] = set()
        if text:
            for phrases in self._by_case:
                phrases.find(text, found)
        return found


class _Phrases:
    """The phrases of one case: those of a single word (or its beginning) apart, since no more has to be looked at."""

    __slots__ = ("_cased", "_longer", "_prefixes", "_single")

    def __init__(self, phrases: list[Phrase], cased: bool) -> None:
        self._cased = cased
        self._single: dict[str, Phrase] = {}
        longer: list[tuple[frozenset[str], Phrase]] = []
        prefixes: set[str] = set()
        for wanted in phrases:
            text = wanted.text
            needs = words(text, cased=True)  # it is folded already
            if wanted.prefix and needs and text.endswith(needs[-1]):
                prefixes.add(needs[-1])
                needs[-1] += "*"
                text += "*"
            if needs == [text]:
                self._single[text] = wanted
            else:
                longer.append((frozenset(needs), wanted))
        self._longer = Conjunctions(longer)
        self._prefixes = _Prefixes(prefixes) if prefixes else None

    def find(self, text: str, found: set[Phrase]) -> None:
        """Add every phrase that stands in the text."""
        present = set(words(text, cased=self._cased))
        if self._prefixes is not None:
            present |= self._prefixes.of(present)
        single = self._single
        found.update([single[word] for word in single.keys() & present])
        possible = self._longer.met(present) if self._longer else ()
        if possible:
            folded = fold(text, cased=self._cased).text
            found.update([wanted for wanted in possible if in_value(wanted, folded)])


class _Prefixes:
    """Beginnings of words; those of a word are found by its first letters."""

    __slots__ = ("_all", "_lengths", "_sizes")
    HEAD = 3

    def __init__(self, prefixes: set[str]) -> None:
        self._all = prefixes
        lengths: dict[str, set[int]] = {}
        for prefix in prefixes:
            lengths.setdefault(prefix[: self.HEAD], set()).add(len(prefix))
        self._lengths = {head: tuple(sorted(found)) for head, found in lengths.items()}
        self._sizes = sorted({len(head) for head in lengths})

    def of(self, present: set[str]) -> set[str]:
        """The prefixes that some word begins with, each with a ``*`` behind it, which no word has."""
        heads, known = self._lengths, self._all
        found = set()
        for size in self._sizes:
            for word in present:
                if (head := word[:size]) in heads:
                    found.update([f"{word[:length]}*" for length in heads[head] if word[:length] in known])
        return found
