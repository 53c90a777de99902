"""Text as conditions compare it: case, accents, kinds of quotation mark and dash, and kinds of blank do not count."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

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
WITHOUT_WIDTH = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), "")
"""Characters that show nothing: soft hyphens, joiners, byte order marks."""
_SPECIAL: dict[str, str] = {
    **dict.fromkeys(_QUOTES, "'"),
    **dict.fromkeys(_DASHES, "-"),
    **_STROKES,
    **{letter.upper(): plain for letter, plain in _STROKES.items()},
    **{chr(code): nothing for code, nothing in WITHOUT_WIDTH.items()},
}
_RUN_OF_BLANKS = re.compile(r"\s{2,}|[^\S ]")
_ODD = re.compile(r"\s{2,}|[^\S ]|[^\x00-\x7f]|\"|`")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"\w+")
_NO_WORD = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_USUAL = "’“”‘—–\u00a0"
"""All that most English texts hold beyond ASCII: replaced before the others are looked for."""
_FEW_LETTERS = 100
"""Up to so many different letters beyond ASCII are replaced one by one; of more, all in one pass through a table."""


@lru_cache(maxsize=8192)
def fold_letter(letter: str) -> str:
    """One character folded: several for a ligature, none for an accent or a character without width."""
    special = _SPECIAL.get(letter)
    if special is not None:
        return special
    if letter.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", letter.casefold())
    kept = "".join(part for part in parts if not unicodedata.combining(part))
    return "".join(_SPECIAL.get(part, part) for part in kept).lower()


class Folded:
    """A folded text and the way back: ``span`` turns offsets into it into offsets of the original."""

    __slots__ = ("_cased", "_original", "_shifts", "text")

    def __init__(self, original: str, cased: bool) -> None:
        self.text = _letters(_collapsed(original), cased)
        self._original = original
        self._cased = cased
        self._shifts: tuple[list[int], list[int]] | None = None

    def _origin(self, offset: int) -> int:
        if self._shifts is None:  # most texts that are folded are never asked for the way back
            self._shifts = _shifts(self._original, self._cased)
        starts, shifts = self._shifts
        return offset + shifts[bisect_right(starts, offset)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original stretch of the folded one; ``end`` is exclusive in both."""
        first = self._origin(start)
        if end <= start:
            return first, first
        last = self._origin(end - 1) + 1
        while last < len(self._original) and unicodedata.combining(self._original[last]):
            last += 1  # an accent that is a character of its own belongs to the letter before it
        return first, last


def fold(text: str, *, cased: bool = False) -> Folded:
    """The text as conditions compare it, with the way back to the original's offsets.

    With ``cased`` only blanks are made alike. A run of blanks and line breaks is one blank.
    """
    return Folded(text, cased)


def foreign_letters(text: str) -> set[str]:
    """The different characters of ``text`` beyond ASCII."""
    return set("".join(_FOREIGN.findall(text)))


def words(text: str, *, cased: bool = False) -> list[str]:
    """The words of the folded text, in order: its longest stretches of letters, digits and ``_``."""
    plain = _letters(text, cased)
    return plain.translate(_NO_WORD).split() if plain.isascii() else _WORD.findall(plain)


def _collapsed(text: str) -> str:
    """Each run of blanks and line breaks is one blank."""
    kept = " ".join(text.split())
    if text[:1].isspace():
        kept = f" {kept}"
    return f"{kept} " if text[-1:].isspace() and kept != " " else kept


def _letters(text: str, cased: bool) -> str:
    """Every letter folded by itself, blanks left as they are."""
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
    if '"' in text:
        text = text.replace('"', "'")
    return text.replace("`", "'") if "`" in text else text


def _shifts(text: str, cased: bool) -> tuple[list[int], list[int]]:
    """Folded offsets from which the original runs ahead (or behind), and by how many characters it then does."""
    starts: list[int] = []
    shifts: list[int] = [0]
    done = length = 0
    for match in (_RUN_OF_BLANKS if cased else _ODD).finditer(text):
        start, end = match.span()
        odd = match.group()
        new = 1 if odd.isspace() else len(fold_letter(odd))
        length += start - done + new
        if new > end - start:  # one letter that became several: each stands for the one
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
