"""Tokens of a sentence, and names of people among them by form alone: capitals, initials, particles, suffixes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import msgspec

from streams.extraction.text.words import word_list

_REST = r"(?:['’\-‐‑][^\W_]+)*(?:['’](?=\s))?"
# Words of two or more characters come first: they are most of a text, and the next two alternatives cannot match them.
_TOKEN = re.compile(rf"[^\W_]{{2,}}{_REST}|(?:[^\W\d_]\.){{2,}}|[^\W\d_]\.(?![^\W_])|[^\W_]{_REST}|\S")

_INITIALS = re.compile(r"(?:[A-Z]\.){1,5}")


class Token(msgspec.Struct, frozen=True, gc=False):
    """A word or mark, with clean offsets. A struct, because creating one takes half the time of a named tuple."""

    text: str
    start: int
    end: int


def tokens(clean: str, start: int, end: int) -> list[Token]:
    """The tokens of ``clean[start:end]``."""
    return [Token(found[0], found.start(), found.end()) for found in _TOKEN.finditer(clean, start, end)]


_POSSESSIVE = ("'s", "’s", "'S", "’S", "'", "’")
PARTICLES = word_list("names.particles")
SUFFIXES = word_list("names.suffixes")
_THINGS = "|".join(sorted(word_list("names.things")))
_KINDS = "|".join(sorted(word_list("names.kinds_of_things")))
_THING = re.compile(rf"(?:'s|’s)?(?: (?:{_KINDS})){{0,3}} (?:{_THINGS})\b")
HONORIFICS = word_list("names.honorifics")
# Capitalised words that are never part of a person's name.
STOPS = word_list("names.stops")

# Those that are also names: they count next to another word of a name ("Theresa May", "Bill Clinton").
SOFT = word_list("names.soft")
_VERBS = word_list("officials.clause") | word_list("officials.speech") | word_list("officials.headline_verbs")
_VERBS |= word_list("officials.links")


@lru_cache(maxsize=50_000)
def _is_stop(word: str) -> bool:
    low = word.lower().replace("’", "'")
    return low in STOPS or low.removesuffix("'s") in STOPS


def names_a_thing(clean: str, end: int) -> bool:
    """Whether a name ending at ``end`` continues as a thing's name: "Kenyatta National Hospital", "Reagan Airport"."""
    return _THING.match(clean, end) is not None


def is_capital(word: str) -> bool:
    """Whether a token may be part of a name: a capital first, then letters."""
    return word[0].isupper() and (len(word) > 1 or word == "O") and not any(map(str.isdigit, word))


def is_initial(word: str) -> bool:
    """Whether a token is an initial: ``J.``, ``J`` or ``J.R.``."""
    return word[0].isupper() and (
        len(word) == 1
        or (word.endswith(".") and len(word) <= 5 and len(word.replace(".", "")) <= 2)
        or _INITIALS.fullmatch(word) is not None
    )


def is_name_word(word: str) -> bool:
    """Whether a capitalised word can belong to a person's name."""
    if len(word) > 2 and word.isupper() and word.lower() in _VERBS:  # PRESIDENT ROE MET MAYOR DOE
        return False
    if not is_capital(word) or _is_stop(word):
        low = word.lower()
        return (
            low.startswith(("al-", "el-", "ad-", "as-", "ash-", "ul-", "an-", "ar-", "at-", "az-"))
            and len(word) > 4
            and word[3].isupper()
        ) or (low.startswith(("d'", "d’")) and len(word) > 3 and word[2].isupper())
    return True


class _Read(NamedTuple):
    """Progress in reading a name: the ``next`` token to look at, and the ``end`` if nothing more belongs to it."""

    next: int
    end: int
    over: bool = False


def name_at(words: list[Token], at: int, limit: int = 6) -> int:
    """The index after the name that begins at token ``at``; ``at`` itself if none does."""
    read = _Read(at, at)
    while not read.over and read.next < len(words) and read.next - at < limit:
        read = _read_on(words, at, read.next, read.end)
    return read.end


def _read_on(words: list[Token], at: int, j: int, end: int) -> _Read:
    word = words[j].text
    if _is_soft(word):
        return _past_soft(words, at, j, end)
    if j > at and words[j].start - words[j - 1].end > 1:
        return _Read(j, end, over=True)
    if is_name_word(word):
        return _Read(j + 1, j + 1, over=word.endswith(_POSSESSIVE))
    after = _past_link(words, at, j)
    if after > j:
        return _Read(after, end)
    after = _past_suffix(words, j) if j > at else j
    return _Read(after, after if after > j else end, over=True)


def _is_soft(word: str) -> bool:
    return (
        word.lower().removesuffix("'s").removesuffix("’s") in SOFT
        and word[0].isupper()
        and len(word) > 2
        and not word.isupper()
    )


def _past_soft(words: list[Token], at: int, j: int, end: int) -> _Read:
    """Read past a word that is a name only next to another word of a name."""
    word = words[j].text
    lone = j + 1 >= len(words) or not is_name_word(words[j + 1].text) or words[j + 1].start - words[j].end > 1
    broken = j > at and (end < j or (word.lower() in {"may", "march", "will"} and not lone))
    if broken or (j == at and lone):
        return _Read(j, end, over=True)
    return _Read(j + 1, j + 1, over=word.endswith(_POSSESSIVE))


def _past_link(words: list[Token], at: int, j: int) -> int:
    """The index after a part that needs more of the name to follow (initial, particle, nickname); ``j`` if none."""
    if j + 1 >= len(words):
        return j
    word, following = words[j].text, words[j + 1].text
    if is_initial(word) and (is_name_word(following) or is_initial(following)):
        return j + 1
    if word.lower() in PARTICLES and (j > at or word[0].isupper() or word.lower() in {"al", "el", "de", "van", "von"}):
        if following == "-" and j + 2 < len(words) and is_name_word(words[j + 2].text):
            return j + 2
        if following == "-" or is_name_word(following) or following.lower() in PARTICLES:
            return j + 1
    if j == at:
        return j
    if word == "-" and words[j - 1].text.lower() in PARTICLES and is_name_word(following):
        return j + 1
    if word in {'"', "“", "'", "‘"} and is_name_word(following):  # a nickname: John "Jack" Smith
        if following.endswith(("'", "’")) and j + 2 < len(words) and is_name_word(words[j + 2].text):
            return j + 2  # Joko 'Jokowi' Widodo
        close = next((k for k in range(j + 1, min(j + 4, len(words))) if words[k].text in {'"', "”", "'", "’"}), j)
        if close > j and close + 1 < len(words) and is_name_word(words[close + 1].text):
            return close + 1
    return j


def _past_suffix(words: list[Token], j: int) -> int:
    """The index after ``Jr.`` or ``, Jr.``; ``j`` if there is none."""
    word = words[j].text
    if word.rstrip(".") in {"Jr", "Sr", "II", "III", "IV"}:
        return j + 1
    if word == "," and j + 1 < len(words) and words[j + 1].text.rstrip(".") in {"Jr", "Sr", "II", "III"}:
        return j + 2
    return j


def name_before(words: list[Token], end: int, limit: int = 6) -> int:
    """The start index of the name that ends before token ``end``; ``end`` itself if none does."""
    best = end
    for start in range(end - 1, max(-1, end - 1 - limit), -1):
        if words[start].text in {",", "(", ")", ";", ":", "?", "!"} or (words[start].text == "." and start < end - 1):
            break
        if not (
            words[start].text[0].isupper() or words[start].text.lower() in PARTICLES or words[start].text in '"“”-'
        ):
            break
        if name_at(words, start, limit) == end and words[start].text[0].isalpha():
            best = start
    return best


def surface_end(word: Token) -> int:
    """The clean offset at which a name ends in this token, without a possessive."""
    text = word.text
    if text.endswith(("'s", "’s", "'S", "’S")):
        return word.end - 2
    return word.end - 1 if text.endswith(("'", "’")) else word.end
