"""The phrases of many conditions in one lexicon, so that an article's text is read once for all of them.

A text can contain a phrase only if it contains all its words, so each word of the text is looked up once in one
dictionary of all phrases. That is faster than a character automaton and much smaller: a lookup takes one step, and a
word that is in no phrase costs nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from detectors.conditions.conjunctions import Conjunctions
from detectors.conditions.work import LETTERS, Work
from detectors.folding import Folded, fold, fold_value, word_bounded, word_end, words


class Phrase(msgspec.Struct, frozen=True, tag="Phrase", cache_hash=True, gc=False):
    """Whole words to search for: ``text`` is folded (``cased``: only blanks), ``prefix`` means a final ``*``."""

    text: str
    prefix: bool = False
    cased: bool = False

    @property
    def simple(self) -> bool:
        """Whether it is a single word, which a text contains if it is among the text's words."""
        return not self.prefix and not self.cased and words(self.text, cased=True) == [self.text]


def phrase(text: str, *, cased: bool = False) -> Phrase:
    """Parse a phrase of a rule. Raises ValueError if nothing is left to search for."""
    prefix = text.endswith("*")
    folded = fold_value(text[:-1] if prefix else text, cased)
    if prefix and text[:-1] != text[:-1].rstrip():
        raise ValueError("expected the final * right after a word, as in 'cancel*'")
    if not folded:
        raise ValueError("expected a word or phrase, found none")
    return Phrase(folded, prefix, cased)


Hit = tuple[int, int]
"""Start and end in the original text."""


def in_value(wanted: Phrase, folded: str) -> bool:
    """Whether a text, folded in the same way, contains the phrase as whole words."""
    start = folded.find(wanted.text)
    while start >= 0:
        if word_bounded(folded, start, start + len(wanted.text), prefix=wanted.prefix):
            return True
        start = folded.find(wanted.text, start + 1)
    return False


def places(wanted: Phrase, folded: Folded) -> list[Hit]:
    """All occurrences of the phrase as whole words, as spans of the original text, in text order."""
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
    """All phrases of a rule set. A search takes time linear in the text, for any number of phrases."""

    __slots__ = ("_longer", "_single")

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._single: dict[str, Phrase] = {}
        longer: dict[bool, list[Phrase]] = {}
        for wanted in phrases:
            if wanted.simple:
                self._single[wanted.text] = wanted
            else:
                longer.setdefault(wanted.cased, []).append(wanted)
        self._longer = [_Longer(wanted, cased) for cased, wanted in longer.items()]

    def __bool__(self) -> bool:
        return bool(self._single or self._longer)

    def single(self, present: set[str]) -> list[Phrase]:
        """The phrases that are one of these words."""
        return [self._single[word] for word in self._single.keys() & present]

    def longer(self, texts: Sequence[Folds], plain: Sequence[str], work: Work | None = None) -> list[Phrase]:
        """The phrases, other than single words, in any of the texts; ``plain`` has the words of all texts."""
        return [wanted for phrases in self._longer for wanted in phrases.found(texts, plain, work)]


class Folds:
    """A text and its foldings, each computed on first use."""

    __slots__ = ("_folded", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded: dict[bool, Folded] = {}

    def folded(self, cased: bool) -> Folded:
        """The text folded, or with its case unchanged."""
        folded = self._folded.get(cased)
        if folded is None:
            folded = self._folded[cased] = fold(self.text, cased=cased)
        return folded


class _Longer:
    """The phrases of one casing that have several words or are a prefix.

    A phrase is looked up by its rarest pair of adjacent words, the one that the fewest phrases share, among the pairs
    of the text; a phrase without such a pair, by its words.
    """

    __slots__ = ("_beginnings", "_by_pair", "_by_words", "_cased", "_prefixes")

    def __init__(self, phrases: list[Phrase], cased: bool) -> None:
        self._cased = cased
        self._beginnings: dict[str, Phrase] = {}
        self._by_pair: dict[tuple[str, str], list[Phrase]] = {}
        paired: list[tuple[list[tuple[str, str]], Phrase]] = []
        entries: list[tuple[frozenset[str], Phrase]] = []
        prefixes: set[str] = set()
        for wanted in phrases:
            needs = words(wanted.text, cased=True)  # already folded
            pairs = list(pairwise(needs))
            if wanted.prefix and needs and wanted.text.endswith(needs[-1]):
                pairs = pairs[:-1]
                if not pairs:
                    prefixes.add(needs[-1])
                needs[-1] += "*"
            if needs == [f"{wanted.text}*"]:
                self._beginnings[needs[0]] = wanted
            elif pairs:
                paired.append((pairs, wanted))
            else:
                entries.append((frozenset(needs), wanted))
        used = Counter(pair for pairs, _ in paired for pair in pairs)
        for pairs, wanted in paired:
            self._by_pair.setdefault(min(pairs, key=used.__getitem__), []).append(wanted)
        self._by_words = Conjunctions(entries)
        self._prefixes = _Prefixes(prefixes) if prefixes else None

    def found(self, texts: Sequence[Folds], plain: Sequence[str], work: Work | None) -> list[Phrase]:
        if self._cased:
            plain = [word for one in texts for word in words(one.text, cased=True)]
        found: list[Phrase] = []
        possible: list[Phrase] = []
        if self._by_pair:
            for pair in self._by_pair.keys() & pairwise(plain):
                possible += self._by_pair[pair]
        if self._by_words or self._prefixes is not None:
            present = set(plain)
            if self._prefixes is not None:
                present |= self._prefixes.of(present)
                found += [self._beginnings[word] for word in self._beginnings.keys() & present]
            possible += self._by_words.met(present)
        if possible:
            folded = [one.folded(self._cased).text for one in texts]
            if work is not None:
                work.charge(len(possible) * (1 + sum(map(len, folded)) // LETTERS))
            found += [wanted for wanted in possible if any(in_value(wanted, text) for text in folded)]
        return found


class _Prefixes:
    """Prefixes of words, looked up by their first letters."""

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
        """The prefixes that some word begins with, each with a final ``*``, which no word has."""
        heads, known = self._lengths, self._all
        found = set()
        for size in self._sizes:
            for word in present:
                if (head := word[:size]) in heads:
                    found.update([f"{word[:length]}*" for length in heads[head] if word[:length] in known])
        return found
