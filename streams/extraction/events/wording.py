"""What all the words of an article together say of its events: a linear model of each type over weighted words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from streams.extraction.text.document import Document

SCALE = 100  # the file has hundredths
_TITLE = 3  # how often a word of the title counts
_LEAD = 600  # characters of the text whose words count twice
_LENGTH = 3000  # characters of the text that are read


def word_counts(document: Document) -> Counter[str]:
    """How often each word occurs; those of the title and the beginning count more."""
    title, body = document.folded[: document.body], document.folded[document.body : document.body + _LENGTH]
    counts = Counter(body.split())
    counts.update(body[:_LEAD].split())
    for word in title.split():
        counts[word] += _TITLE
    return counts


class Wording(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Log-odds of each type: ``words`` has the rarity of each known word, then its weight for each type, times 100."""

    types: tuple[str, ...] = ()
    bias: tuple[int, ...] = ()
    words: dict[str, tuple[int, ...]] = {}

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def _table(self) -> npt.NDArray[np.int64]:
        return np.array(list(self.words.values()), dtype=np.int64).reshape(len(self.words), -1)

    def known(self, counts: Mapping[str, int]) -> int:
        """How many words of an article the model knows."""
        return sum(word in self.words for word in counts)

    def scores(self, counts: Mapping[str, int]) -> dict[str, float]:
        """The log-odds of each type that the model knows; sums of integers, the same on every machine."""
        rows = self._rows
        known = [(rows[word], round(SCALE * (1 + math.log(count)))) for word, count in counts.items() if word in rows]
        if not known:
            return {kind: own / SCALE for kind, own in zip(self.types, self.bias, strict=True)}
        table = self._table[[row for row, _ in known]]
        values = np.array([value for _, value in known], dtype=np.int64) * table[:, 0]
        length = math.sqrt(int(values @ values))
        sums = (values @ table[:, 1:]).tolist()
        return {kind: (one / length + own) / SCALE for kind, one, own in zip(self.types, sums, self.bias, strict=True)}
