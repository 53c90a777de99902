"""The English text of an article for the readers of titles and names: tokenised sentences, places, words."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from streams.extraction.places.mention import Mention
from streams.extraction.text.document import Document
from streams.extraction.text.names import Token, tokens

_SENTENCE = 3000  # characters read of a sentence; longer ones are lists or garbage
_SMALL_WORDS = re.compile(r"(?<![\w'’])[a-z]+(?![\w'’])")


class Page:
    """A document with its sentences and places."""

    def __init__(self, document: Document, bounds: list[tuple[int, int]], places: list[Mention]) -> None:
        self.document = document
        self.clean = document.clean
        self.folded = document.folded
        self.bounds = bounds
        self._starts = [start for start, _ in bounds]
        self._tokens: dict[int, tuple[list[Token], list[int]]] = {}
        self._places = sorted(places)
        self._place_starts = [place.start for place in self._places]

    def sentence_of(self, at: int) -> int:
        """The index of the sentence that contains the clean offset ``at``."""
        return max(0, bisect_right(self._starts, at) - 1)

    def words(self, sentence: int) -> tuple[list[Token], list[int]]:
        """The tokens of a sentence and their start offsets, cached."""
        made = self._tokens.get(sentence)
        if made is None:
            start, end = self.bounds[sentence]
            words = tokens(self.clean, start, min(end, start + _SENTENCE))
            made = self._tokens[sentence] = (words, [word.start for word in words])
        return made

    def places_in(self, start: int, end: int) -> list[Mention]:
        """The mentions of countries that begin between two clean offsets."""
        first = bisect_right(self._place_starts, start - 1)
        last = bisect_right(self._place_starts, end - 1)
        return self._places[first:last]

    @cached_property
    def small(self) -> frozenset[str]:
        """The words that occur in lower case in the text."""
        return frozenset(_SMALL_WORDS.findall(self.clean))
