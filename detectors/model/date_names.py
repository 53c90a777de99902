"""The names of months and days in other languages than English, from CLDR (Babel)."""

from __future__ import annotations

import re
from functools import cache

#: In this order: a name that means different months ("listopad") is read in the first language that knows every word.
LANGUAGES = (
    "ru", "fr", "de", "es", "pt", "it", "tr", "uk", "pl", "nl", "ar", "fa", "id", "cs", "ro", "sv", "nb", "da", "fi",
    "hu", "el", "bg", "sr", "sr_Latn", "hr", "kk", "uz", "az", "he", "hi", "ka", "vi",
)  # fmt: skip
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*\.?")
#: Words beside the names: "le 3 novembre 2025 à 09:00", "3 ноября 2025 г., в 09:00", "um 9:00 Uhr".
_FILLER_WORDS = (
    "a à e o y i de del da das do dos di du des le la il el al den der dem das die am um kl klo uhr h m ore om op em "
    "às as по в во г год года році рік р στις ngày lúc saat publié publicado pubblicato опубликовано veröffentlicht"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
_CLOCKS = frozenset({"am", "pm", "t", "z"})


def english_names(text: str) -> str | None:
    """The text with its names of months in English and without other words; None if no language knows them all."""
    words = {word.group().rstrip(".").lower() for word in _WORD.finditer(text)}
    named = words - _FILLERS - _CLOCKS
    if not named:
        return None
    for language in LANGUAGES:
        names = _names(language)
        if any(name in names for name in named) and all(name in names or name.upper() in text for name in named):
            return _WORD.sub(lambda word, names=names: _translated(word.group(), names), text)  # type: ignore[misc]
    return None


def _translated(word: str, names: dict[str, str]) -> str:
    lower = word.rstrip(".").lower()
    if lower in names:
        return names[lower]
    return "" if lower in _FILLERS else word


@cache
def _names(language: str) -> dict[str, str]:
    """The names of a language in lower case, with the English month, or nothing for a day of the week."""
    from babel import Locale

    locale = Locale.parse(language)
    found: dict[str, str] = {}
    for form in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for name in locale.days[form][width].values():
                found.setdefault(_plain(name), "")
    for day in [name for name in locale.days["format"]["short"].values() if len(name) > 1]:
        found.setdefault(_plain(day), "")
    for form in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for month, name in locale.months[form][width].items():
                found[_plain(name)] = _ENGLISH[month - 1]
    return {**_shortened(found), **found}


def _shortened(names: dict[str, str]) -> dict[str, str]:
    """The first three letters of the names, where they tell one month from the others."""
    found: dict[str, set[str]] = {}
    for name, english in names.items():
        if len(name) > 3:
            found.setdefault(name[:3], set()).add(english)
    return {short: english.pop() for short, english in found.items() if len(english) == 1}


def _plain(name: str) -> str:
    return name.rstrip(".").lower()
