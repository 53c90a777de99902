"""Spelling variants of a person's name, and where a text has them: Rahmon, Rakhmon; Nazarbaev, Nazarbayev."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property, lru_cache

from streams.extraction.text.folding import fold
from streams.extraction.text.names import SUFFIXES

_WORD = re.compile(r"\w+")
_SHORT = 10_000  # characters; up to this length searching for each word is faster than indexing all words
_CAPITALISED = re.compile(r"\b[^\W\d_a-z][^\W\d_]{4,}\b")


@lru_cache(maxsize=10_000)
def name_words(name: str) -> list[str]:
    """The folded words of a name, without suffixes."""
    plain = re.sub(r"\b(?:[Aa]l|[Ee]l|[Aa]n|[Aa]r|[Aa]s|[Aa]d|[Aa]sh)[- ]+(?=[A-Z])", "", name)
    words = [word for word in plain.split() if word.rstrip(".,") not in SUFFIXES]
    return [joined for word in words if (joined := "".join(fold(word).split()))]


def surname(name: str) -> str:
    """The folded last word of a name."""
    words = name_words(name)
    return words[-1] if words else fold(name)


def same_person(one: str, other: str) -> bool:
    """Whether two names can belong to one person: equal surnames, compatible given names."""
    a, b = name_words(one), name_words(other)
    if not a or not b or not close_spellings(a[-1], b[-1]):
        return False
    if len(a) == 1 or len(b) == 1:
        return True
    first, second = a[0], b[0]
    return (
        first == second
        or (min(len(first), len(second)) <= 2 and first[0] == second[0])
        or close_spellings(first, second)
        or first in b
        or second in a
    )


def close_spellings(one: str, other: str) -> bool:
    """Whether two names are equal or spell one long name: Rahmon, Rakhmon; Nazarbaev, Nazarbayev; Assad, Asad."""
    if one == other:
        return True
    return min(len(one), len(other)) >= 4 and one[0] == other[0] and skeleton(one) == skeleton(other)


@lru_cache(maxsize=10_000)
def skeleton(word: str) -> str:
    """The consonants of a word, with spellings of the same sound merged."""
    for pair, single in (
        ("kh", "h"),
        ("gh", "g"),
        ("ph", "f"),
        ("ou", "u"),
        ("dj", "j"),
        ("zh", "j"),
        ("ck", "k"),
        ("q", "k"),
        ("w", "v"),
        ("y", ""),
        ("h", ""),
    ):
        word = word.replace(pair, single)
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiou]+", "", word[1:])) if len(word) > 1 else word


class WordIndex:
    """Positions of words in a text. A long text is indexed once: an adversarial one has thousands of surnames."""

    def __init__(self, clean: str) -> None:
        self._clean = clean

    def at(self, word: str) -> list[tuple[int, int]]:
        """The (start, end) of every occurrence of ``word`` as a whole word, in order."""
        first = _WORD.search(word)
        if first is None:
            return []
        clean, length = self._clean, len(word)
        found = []
        for start in self._starts(word, first):
            outside = clean[max(0, start - 1) : start] + clean[start + length : start + length + 1]
            if start >= 0 and clean.startswith(word, start) and not _WORD.search(outside):
                found.append((start, start + length))
        return found

    def _starts(self, word: str, first: re.Match[str]) -> Iterator[int]:
        """Offsets at which ``word`` may begin; ``first`` is its first run of letters."""
        if len(self._clean) > _SHORT:
            yield from (run - first.start() for run in self._runs.get(first.group(), ()))
            return
        at = self._clean.find(word)
        while at >= 0:
            yield at
            at = self._clean.find(word, at + 1)

    @cached_property
    def sounding(self) -> dict[tuple[str, str], set[str]]:
        """The capitalised words of the text by first letter and skeleton."""
        words: dict[tuple[str, str], set[str]] = defaultdict(set)
        for word in set(_CAPITALISED.findall(self._clean)):
            words[word[0], skeleton("".join(fold(word).split()))].add(word)
        return words

    @cached_property
    def _runs(self) -> dict[str, list[int]]:
        runs: dict[str, list[int]] = defaultdict(list)
        for run in _WORD.finditer(self._clean):
            runs[run.group()].append(run.start())
        return runs
