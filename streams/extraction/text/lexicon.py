"""Terms in an Aho-Corasick automaton, found in one pass over the folded text.

A term matches whole words: it is stored with a blank on either side, and the folded text has a blank for every
character that is not a letter or digit. A final ``*`` leaves the end open.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import ahocorasick
import msgspec

from streams.extraction.text.folding import fold

T = TypeVar("T")
_MOST = 60_000  # hits in one text; a megabyte of news has a third as many, an adversarial text has more


class Hit(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """An occurrence of a term: clean offsets and the term's value."""

    start: int
    end: int
    value: T


class Lexicon(Generic[T]):
    """Terms with values; a term may have several."""

    def __init__(self) -> None:
        self._terms: dict[str, list[T]] = {}
        self._automaton: ahocorasick.Automaton | None = None

    def add(self, term: str, value: T) -> None:
        """Add a term; white space, case, accents and punctuation are folded.

        A point or comma before a blank gives two blanks in the folded text ("U.S. attorney"), so both forms are stored.
        """
        is_open = term.endswith("*")
        folded = fold(term.rstrip("*")).strip()
        if folded:
            for form in {" ".join(folded.split()), folded}:
                self._terms.setdefault(f" {form}{'' if is_open else ' '}", []).append(value)

    def __contains__(self, term: str) -> bool:
        return f" {' '.join(fold(term).split())} " in self._terms

    def __len__(self) -> int:
        return len(self._terms)

    def close(self) -> None:
        """Build the automaton; call this once, after the last `add`."""
        automaton = ahocorasick.Automaton()
        for term, values in self._terms.items():
            is_open = not term.endswith(" ")
            automaton.add_word(term, (len(term) - (1 if is_open else 2), is_open, tuple(values)))
        automaton.make_automaton()
        self._automaton = automaton

    def hits(self, folded: str) -> list[Hit[T]]:
        """All terms in the text, overlaps included, in order of their ends; in a text with too many, only the first."""
        found: list[Hit[T]] = []
        if not self._terms or self._automaton is None:
            return found
        padded = f" {folded} "
        for last, (length, is_open, values) in self._automaton.iter(padded):
            end = last if is_open else last - 1
            if is_open:  # extend to the end of the word
                stop = padded.find(" ", last + 1)
                start = last - length
                end = stop - 1 if stop > 0 else len(folded)
            else:
                start = end - length
            if len(values) == 1:
                found.append(Hit(start, end, values[0]))
            else:
                found += [Hit(start, end, value) for value in values]
            if len(found) > _MOST:
                break
        return found


def longest(hits: list[Hit[T]]) -> list[Hit[T]]:
    """The hits not contained in a longer hit, left to right; keeps several values of the same span."""
    kept: list[Hit[T]] = []
    reach, last = -1, (-1, -1)
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.start >= reach or (hit.start, hit.end) == last:
            kept.append(hit)
            reach, last = max(reach, hit.end), (hit.start, hit.end)
    return kept
