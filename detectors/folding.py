"""Text as conditions compare it: case, accents, kinds of quotation mark and dash, and kinds of blank do not count."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

_QUOTES = '‘’‚‛“”„‟«»‹›`´′″ʹʺʻʼʽˈ＇＂"'
_DASHES = "‐‑‒–—―−﹘﹣－⁃"
_STROKES = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
_SPECIAL: dict[str, str] = {
    **dict.fromkeys(_QUOTES, "'"),
    **dict.fromkeys(_DASHES, "-"),
    **_STROKES,
    **{letter.upper(): plain for letter, plain in _STROKES.items()},
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
}
_RUN_OF_BLANKS = re.compile(r"\s{2,}|[^\S ]")
_ODD = re.compile(r"\s{2,}|[^\S ]|[^\x00-\x7f]|\"|`")
_QUOTE_ONLY = str.maketrans({'"': "'", "`": "'"})


@lru_cache(maxsize=8192)
def _fold_letter(letter: str) -> str:
    special = _SPECIAL.get(letter)
    if special is not None:
        return special
    if letter.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", letter.casefold())
    kept = "".join(part for part in parts if not unicodedata.combining(part))
    return "".join(_SPECIAL.get(part, part) for part in kept).lower()


def _fold_odd(odd: str) -> str:
    return " " if odd.isspace() else _fold_letter(odd)


class Folded:
    """A folded text and the way back: ``span`` turns offsets into it into offsets of the original."""

    __slots__ = ("_lengths", "_starts", "text")

    def __init__(self, text: str, starts: list[int], lengths: list[int]) -> None:
        self.text = text
        self._starts = starts  # folded offsets behind which the original runs ahead (or behind) by ...
        self._lengths = lengths  # ... so many characters

    def origin(self, offset: int) -> int:
        """The original offset of the folded ``offset``."""
        if not self._starts:
            return offset
        return offset + self._lengths[bisect_right(self._starts, offset)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original stretch of the folded one; ``end`` is exclusive in both."""
        return self.origin(start), (self.origin(end - 1) + 1 if end > start else self.origin(start))

    def seek(self, offset: int) -> int:
        """The folded offset of the original ``offset`` (the next kept character when that one was folded away)."""
        if not self._starts:
            return offset
        low, high = 0, len(self.text)
        while low < high:
            middle = (low + high) // 2
            if self.origin(middle) < offset:
                low = middle + 1
            else:
                high = middle
        return low


def fold(text: str, *, cased: bool = False) -> Folded:
    """The text as conditions compare it, with the way back to the original's offsets.

    With ``cased`` only blanks are made alike. A run of blanks and line breaks is one blank.
    """
    odd, replace = (_RUN_OF_BLANKS, _blank) if cased else (_ODD, _fold_odd)
    if odd.search(text) is None:
        return Folded(text if cased else text.lower(), [], [])
    if not cased and text.isascii() and not _RUN_OF_BLANKS.search(text):
        return Folded(text.lower().translate(_QUOTE_ONLY), [], [])
    pieces: list[str] = []
    starts: list[int] = []
    shifts: list[int] = [0]
    done = length = 0
    for match in odd.finditer(text):
        start, end = match.span()
        kept = text[done:start]
        new = replace(match.group())
        pieces += (kept, new)
        length += len(kept) + len(new)
        if len(new) > end - start:  # one letter that became several: each stands for the one
            for extra in range(1, len(new) - (end - start) + 1):
                starts.append(length - len(new) + (end - start) - 1 + extra)
                shifts.append(shifts[-1] - 1)
        elif len(new) < end - start:
            starts.append(length)
            shifts.append(shifts[-1] + (end - start) - len(new))
        done = end
    pieces.append(text[done:])
    folded = "".join(pieces)
    # ASCII letters are still in their case here; lower() keeps their number
    return Folded(folded if cased else folded.lower(), starts, shifts)


def _blank(_run: str) -> str:
    return " "


@lru_cache(maxsize=65536)
def fold_value(text: str, cased: bool = False) -> str:
    """A short value folded, without blanks around it."""
    return fold(text, cased=cased).text.strip()


def word_bounded(text: str, start: int, end: int, *, prefix: bool = False) -> bool:
    """Whether ``text[start:end]`` stands as whole words; with ``prefix`` its last word may go on.

    An edge that is no letter or digit itself ("U.S.") needs no boundary: "the U.S.is" holds it.
    """
    if start > 0 and _is_word(text[start]) and _is_word(text[start - 1]):
        return False
    return prefix or not (end < len(text) and _is_word(text[end - 1]) and _is_word(text[end]))


def word_end(text: str, end: int) -> int:
    """Where the word that holds ``text[end - 1]`` ends."""
    while end < len(text) and _is_word(text[end]):
        end += 1
    return end


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
