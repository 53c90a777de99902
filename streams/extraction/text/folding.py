"""Folding for extraction: shares :func:`detectors.folding.fold_letter` with rules, so that names compare alike.

A *folded* text has a blank for every character that is neither letter nor digit. In an *even* text every character
folds to exactly one: ``ß`` becomes ``ss``, ``ﬁ`` becomes ``fi``, combining accents are dropped. An even text and its
folded text have the same offsets.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from detectors.folding import fold_letter, foreign_letters

_INDIC = 0x900  # scripts from this code point on write vowels as marks
_HANGUL = range(0xAC00, 0xD7A4)  # syllables: they decompose into up to three letters
_LEADS = frozenset(map(chr, range(0x1100, 0x1113)))
_JAMO = "[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?"  # a syllable as separate letters, as in NFD


class _Fold(dict[int, str]):
    """Code point to folded characters, filled on first use."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = self[code] = character if code in _HANGUL else _fold(character)
        return folded


def _fold(character: str) -> str:
    folded = fold_letter(character)
    if not folded:
        return ""
    if not _is_letter(character):
        return " "
    return "".join(part if _is_letter(part) else " " for part in folded)


def _is_letter(character: str) -> bool:
    """Whether it is a letter, a digit, or a vowel mark, without which a word would be split."""
    return character.isalnum() or (ord(character) >= _INDIC and unicodedata.category(character).startswith("M"))


_FOLD = _Fold()
_ASCII = "".join(_FOLD[code] or " " for code in range(128))  # control characters fold to nothing, one by one
_FEW_LETTERS = 40
"""Up to this many different letters beyond ASCII are replaced one by one; more go through a table in one pass."""


def fold(text: str) -> str:
    """The folded form of ``text``; of the same length if the text is even."""
    if not text.isascii():
        letters = foreign_letters(text)
        if not _LEADS.isdisjoint(letters):
            text = evened(text)
            letters = foreign_letters(text)
        folded = {letter: _FOLD[ord(letter)] for letter in letters}
        if len(letters) > _FEW_LETTERS or not "".join(folded.values()).isascii():
            return text.translate(_FOLD)
        for letter, plain in folded.items():
            text = text.replace(letter, plain)
    return text.translate(_ASCII)


def uneven_letters(text: str) -> str:
    """The letters of ``text`` that do not fold to exactly one character, sorted; most texts have none."""
    if text.isascii():
        return ""
    return "".join(
        sorted(letter for letter in foreign_letters(text) if len(_FOLD[ord(letter)]) != 1 or letter in _LEADS)
    )


@lru_cache(maxsize=256)
def uneven_pattern(letters: str) -> str:
    """A pattern for uneven letters: one of them, or a syllable as separate letters."""
    others = "".join(letter for letter in letters if letter not in _LEADS)
    return f"{_JAMO}|[{re.escape(others)}]" if others else _JAMO


def even(letters: str) -> str:
    """The even replacement for an uneven letter, in the same case."""
    if len(letters) > 1:
        return unicodedata.normalize("NFC", letters)
    folded = fold_letter(letters)
    return folded if letters.islower() or not letters.isalpha() else folded.capitalize()


def evened(text: str) -> str:
    """``text`` with its uneven letters replaced."""
    letters = uneven_letters(text)
    return re.sub(uneven_pattern(letters), lambda found: even(found[0]), text) if letters else text
