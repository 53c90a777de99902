"""Text as conditions compare it: ignores case, accents, and the kind of quotation mark, dash and blank.

Folding reads the visible text (:mod:`detectors.visible`).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

from detectors.visible import INVISIBLE, Visible, in_one_script, unusual, visible

_QUOTES = '‘’‚‛“”„‟«»‹›`´′″ʹʺʻʼʽˈ＇＂"'
_DASHES = "‐‑‒–—―−﹘﹣－⁃"
_STROKES = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ħ": "h",
    "ŧ": "t",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
    "ð": "d",
    "þ": "th",
    "ς": "σ",
}
_SPECIAL: dict[str, str] = {
    **dict.fromkeys(_QUOTES, "'"),
    **dict.fromkeys(_DASHES, "-"),
    **_STROKES,
    **{letter.upper(): plain for letter, plain in _STROKES.items()},
}
_RUN_OF_BLANKS = re.compile(r"\s{2,}|[^\S ]")
_ODD = re.compile(r"\s{2,}|[^\S ]|[^\x00-\x7f]|\"|`")
_WORD = re.compile(r"\w+")
_NO_WORD = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_USUAL = "’“”‘—–\u00a0"
"""The only characters beyond ASCII in most English texts: replaced first, before any search for others."""
_FEW_LETTERS = 100
"""Up to this many different letters beyond ASCII are replaced one by one; more go through a table in one pass."""


@lru_cache(maxsize=8192)
def fold_letter(letter: str) -> str:
    """Fold one character: a ligature gives several, an accent or invisible character none."""
    if letter in INVISIBLE:
        return ""
    special = _SPECIAL.get(letter)
    if special is not None:
        return special
    if letter.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", letter.casefold())
    kept = "".join(part for part in parts if not unicodedata.combining(part))
    return "".join(_SPECIAL.get(part, part) for part in kept).lower()


class Folded:
    """A folded text; ``span`` maps its offsets to offsets in the original."""

    __slots__ = ("_cased", "_shifts", "_visible", "text")

    def __init__(self, original: str, cased: bool) -> None:
        self._visible = Visible(original)
        self.text = _letters(_collapsed(self._visible.text), cased)
        self._cased = cased
        self._shifts: tuple[list[int], list[int]] | None = None

    def _origin(self, offset: int) -> int:
        if self._shifts is None:  # most folded texts never need the mapping
            self._shifts = _shifts(self._visible.text, self._cased)
        starts, shifts = self._shifts
        return offset + shifts[bisect_right(starts, offset)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map a folded span to the original; ``end`` is exclusive in both."""
        first = self._origin(start)
        if end <= start:
            return self._visible.span(first, first)
        last = self._origin(end - 1) + 1
        text = self._visible.text
        while last < len(text) and unicodedata.combining(text[last]):
            last += 1  # a combining accent belongs to the letter before it
        return self._visible.span(first, last)


def fold(text: str, *, cased: bool = False) -> Folded:
    """The text as conditions compare it, with a mapping back to the original offsets.

    ``cased`` normalizes only blanks and what is invisible. A run of blanks and line breaks becomes one blank.
    """
    return Folded(text, cased)


def foreign_letters(text: str) -> set[str]:
    """The distinct characters of ``text`` beyond ASCII."""
    return {letter for letter in set(unusual(text)) if not letter.isascii()}


def words(text: str, *, cased: bool = False) -> list[str]:
    """The words of the folded text, in order: maximal runs of letters, digits and ``_``."""
    plain = _letters(visible(text), cased)
    return plain.translate(_NO_WORD).split() if plain.isascii() else _WORD.findall(plain)


def _collapsed(text: str) -> str:
    """The text with each run of blanks and line breaks replaced by one blank."""
    kept = " ".join(text.split())
    if text[:1].isspace():
        kept = f" {kept}"
    return f"{kept} " if text[-1:].isspace() and kept != " " else kept


def _letters(text: str, cased: bool) -> str:
    """The text with each letter folded and blanks unchanged."""
    if cased:
        return text
    if not text.isascii():
        for letter in _USUAL:
            text = text.replace(letter, fold_letter(letter))
    if not text.isascii():
        letters = foreign_letters(text)
        if len(letters) > _FEW_LETTERS:
            text = text.translate({ord(letter): fold_letter(letter) for letter in letters})
        else:
            for letter in letters:
                text = text.replace(letter, fold_letter(letter))
    text = text.lower()
    if not text.isascii():
        text = in_one_script(text)  # once more, for letters that had an accent
    if '"' in text:
        text = text.replace('"', "'")
    return text.replace("`", "'") if "`" in text else text


def _shifts(text: str, cased: bool) -> tuple[list[int], list[int]]:
    """Folded offsets at which the shift to the original changes, and the shifts (in characters) from there on."""
    starts: list[int] = []
    shifts: list[int] = [0]
    done = length = 0
    for match in (_RUN_OF_BLANKS if cased else _ODD).finditer(text):
        start, end = match.span()
        odd = match.group()
        new = 1 if odd.isspace() else len(fold_letter(odd))
        length += start - done + new
        if new > end - start:  # one letter became several: each maps to the one
            for extra in range(1, new - (end - start) + 1):
                starts.append(length - new + (end - start) - 1 + extra)
                shifts.append(shifts[-1] - 1)
        elif new < end - start:
            starts.append(length)
            shifts.append(shifts[-1] + (end - start) - new)
        done = end
    return starts, shifts


@lru_cache(maxsize=65536)
def fold_value(text: str, cased: bool = False) -> str:
    """A short value, folded and stripped."""
    return fold(text, cased=cased).text.strip()


def word_bounded(text: str, start: int, end: int, *, prefix: bool = False) -> bool:
    """Whether ``text[start:end]`` consists of whole words; with ``prefix`` the last word may continue.

    An edge that is not a letter or digit ("U.S.") needs no boundary: "the U.S.is" contains it.
    """
    if start > 0 and _is_word(text[start]) and _is_word(text[start - 1]):
        return False
    return prefix or not (end < len(text) and _is_word(text[end - 1]) and _is_word(text[end]))


def word_end(text: str, end: int) -> int:
    """The end of the word that contains ``text[end - 1]``."""
    while end < len(text) and _is_word(text[end]):
        end += 1
    return end


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
