"""References to countries in an article in another language than English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from detectors.model.article import Via
from streams.extraction.places.foreign_names import (
    APOSTROPHES,
    UNSPACED,
    Name,
    Names,
    Word,
    names,
    never,
    plain,
)
from streams.extraction.places.mention import Mention
from streams.extraction.text.document import Document

_CASED = 2000  # characters in which a text with capitals has one
_MOST = 20_000  # mentions read per article
_ADJECTIVES = frozenset({"ru", "uk"})  # with endings of their own
_FOLDED_WORD = re.compile("[^ ]+")
_WORD = re.compile(rf"[^\W_]+(?:[{APOSTROPHES}][^\W_]+)*")
#: Languages in which an apostrophe stands within words ("O'zbekiston", "Türkiye'de").
_APOSTROPHES_IN_WORDS = frozenset({"uz", "tr", "tk", "kk", "uk", "az", "crh"})
#: What follows the name of a country in the name of its people, which has no capital ("ресейлік", "rossiyalik").
_PEOPLE = {
    "kk": re.compile("[лдт][ыі][қгкғ]|l[iyı][qkǵg]"),
    "ky": re.compile("[лдт][ыиуү][кг]"),
    "uz": re.compile("lik|лик"),
    "tk": re.compile("l[yi]"),
    "tr": re.compile("l[iıuü]"),
}
#: The endings of names, folded; those of other languages are bounded by length alone.
_CASES = {
    language: re.compile(pattern)
    for language, pattern in {
        "ru": "[аеиоуыьюя]{0,2}|о[ивм]|е[ивм]|[аияы]м|[аияы]х|[аия]ми|иеи|ью|скои|ская|ское|ские|ских|ского|ском",
        "uk": "[аеиоуьюяіїє]{0,2}|о[ивм]|е[ивм]|[аияі][мхв]|[аия]ми|єю|єи|ою|ею",
        "kk": "(?:[лдт][ыі][қкғг])?(?:[лдт][ае]р)?(?:с?[ыі])?"
        "(?:[ндт][ыі]ң?|[ғгқкн]?[ае]|н?[дт][ае]н?|нен|нан|н?[дт][ае][ғг][ыі]|[мбп]ен|[дт][ае]и|н)?"
        "|(?:[ldt][yi][qkg])?(?:[ldt][ae]r)?(?:s?[yi])?"
        "(?:[ndt][yi]n?|[gqkn]?[ae]|n?[dt][ae]n?|nen|nan|n?[dt][ae]g[yi]|[mbp]en|[dt][ae][iy]|n)?",
        "ky": "(?:[лдт][ыиуү][кг])?(?:[лдт][аеоө]р)?(?:с?[ыиуү])?"
        "(?:[ндт][ыиуү]н?|[гкн]?[аеоө]|н?[дт][аеоө]н?|н[аеоө]н|н?[дт][аеоө]г[ыи]|[дт][аеоө]и|н)?",
        "uz": "(?:lik)?(?:lar)?(?:s?i)?(?:ni(?:ng)?|[gkq]?a|da(?:gi|n)?|dek|gacha)?"
        "|(?:лик)?(?:лар)?(?:с?и)?(?:ни(?:нг)?|[гкқ]?а|да(?:ги|н)?|дек)?",
        "tk": "(?:l[yi])?(?:l[ae]r)?(?:s?[yi])?(?:n?[yi]n|[ny]?[yi]|[gnk]?[ae]|n?d[ae]n?|n?d[ae]k[yi])?",
        "tr": "(?:l[iu])?(?:l[ae]r)?(?:[sy]?[iu])?(?:n?[dt][ae]n?(?:ki)?|n?[iu]n|[ny]?[aeiu]|yl[ae])?",
        "tg": "(?:и?ҳо|ен|иен|ии)?(?:[аеиоую]|ро|иро|аш|аст|ву|иву)?",
    }.items()
}
#: Particles that are written in the same word as what follows.
_PREFIXES = {
    "ar": re.compile("(?:[وف]?(?:[بكل]?ال|لل|[بكل])|[وف])(?=.{3})"),
    "fa": re.compile("و(?=.{4})"),
    "he": re.compile("[ובלמהשכ](?=.{3})"),
}


def foreign_mentions(document: Document, language: str) -> list[Mention]:
    """All references to countries, in text order."""
    known = names(language)
    if known is None:
        return []
    if language in UNSPACED:
        return _unspaced(document, language, known)
    return list(_spaced(document, language, known))[:_MOST]


def _spaced(document: Document, language: str, known: Names) -> Iterator[Mention]:
    words = _words(document, language)
    clean = document.clean
    if not any(map(str.isupper, clean[:_CASED])):
        clean = clean.upper()
        clean = clean if len(clean) == len(document.clean) else document.clean
    whole, beginnings = never(language)
    at = 0
    while at < len(words):
        word = words[at][2]
        if word in whole or (beginnings and word.startswith(beginnings)):
            at += 1
            continue
        best = 0
        found: Name | None = None
        for form in _forms(word, language):
            if form in whole:
                continue
            for name, ending in known.beginning(form):
                size = 1 + len(name.rest)
                if size > best and _reads(known, name, ending, words[at : at + size], clean, language):
                    best, found = size, name
        if found is None:
            at += 1
            continue
        yield Mention(words[at][0], words[at + best - 1][1], found.alpha3, found.via, True)
        at += best


def _words(document: Document, language: str) -> list[tuple[int, int, str]]:
    """The words of the text: clean offsets, and the folded word."""
    if language not in _APOSTROPHES_IN_WORDS:
        return [(found.start(), found.end(), found.group()) for found in _FOLDED_WORD.finditer(document.folded)]
    form = _without_y if language == "kk" else str
    return [
        (found.start(), found.end(), plain(form(found.group().lower()))) for found in _WORD.finditer(document.clean)
    ]


def _reads(known: Names, name: Name, ending: str, words: list[tuple[int, int, str]], clean: str, language: str) -> bool:
    """Whether the words are this name: their letters, capitals and endings."""
    if not _agrees(known, name, ending, not clean[words[0][0]].isupper(), language):
        return False
    return len(words) == 1 + len(name.rest) and all(
        _continues(part, word, known.adjective, language) and (clean[start].isupper() or not part.capital)
        for part, (start, _, word) in zip(name.rest, words[1:], strict=True)
    )


def _without_y(word: str) -> str:
    """A word with the ``ý`` of one Kazakh alphabet as the ``u`` of the others."""
    return word.replace("ý", "u")


def _forms(word: str, language: str) -> Iterator[str]:
    """The word, and without the particles before it."""
    yield word
    if language in _PREFIXES and (prefix := _PREFIXES[language].match(word)):
        yield word[prefix.end() :]


def _agrees(known: Names, name: Name, ending: str, small: bool, language: str) -> bool:
    """Whether the capital and the ending are those of the name."""
    if name.capital and small and (language not in _PEOPLE or _PEOPLE[language].match(ending) is None):
        return False
    cases = _CASES.get(language)
    if cases is not None and (name.capital or language not in _ADJECTIVES):
        return cases.fullmatch(ending) is not None
    return len(ending) <= (known.ending if name.capital else known.adjective)


def _continues(part: Word, word: str, most: int, language: str) -> bool:
    return any(
        form == part.text or (part.open and form.startswith(part.text) and len(form) - len(part.text) <= most)
        for form in (word, word.removeprefix("ال") if language == "ar" else word)
    )


@cache
def _pattern(language: str) -> tuple[re.Pattern[str], dict[str, tuple[str, Via]]]:
    known = names(language)
    assert known is not None
    found = {
        text + "".join(word.text for word in name.rest): (name.alpha3, name.via)
        for text, entries in known.whole.items()
        for name in reversed(entries)
    }
    longest_first = sorted(found, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, longest_first))), found


def _unspaced(document: Document, language: str, known: Names) -> list[Mention]:
    if not known.whole:
        return []
    pattern, places = _pattern(language)
    return [
        Mention(found.start(), found.end(), *places[found.group()], True)
        for found in list(pattern.finditer(document.folded))[:_MOST]
    ]
