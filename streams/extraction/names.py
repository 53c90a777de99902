"""Tokens of a sentence, and the names of people among them, by form alone: capitals, initials, particles, suffixes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from streams.extraction.words import word_list

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}|[^\W\d_]\.(?![^\W_])|[^\W_]+(?:['’\-‐‑][^\W_]+)*(?:['’](?=\s))?|\S", re.UNICODE
)


_INITIALS = re.compile(r"(?:[A-Z]\.){1,5}")


class Token(NamedTuple):
    """A word or a mark, with clean offsets."""

    text: str
    start: int
    end: int


def tokens(clean: str, start: int, end: int) -> list[Token]:
    """The tokens of ``clean[start:end]``."""
    return [Token(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(clean, start, end)]


PARTICLES = word_list("names.particles")
SUFFIXES = word_list("names.suffixes")
_THINGS = "|".join(sorted(word_list("names.things")))
_KINDS = "|".join(sorted(word_list("names.kinds_of_things")))
_THING = re.compile(rf"(?:'s|’s)?(?: (?:{_KINDS})){{0,3}} (?:{_THINGS})\b")
HONORIFICS = word_list("names.honorifics")
# Words with a capital that are no part of a person's name.
STOPS = word_list("names.stops")

# Of these, words that are names too: they count beside another word of a name ("Theresa May", "Bill Clinton").
SOFT = word_list("names.soft")


@lru_cache(maxsize=50_000)
def _is_stop(word: str) -> bool:
    low = word.lower().replace("’", "'")
    return low in STOPS or low.removesuffix("'s") in STOPS


def names_a_thing(clean: str, end: int) -> bool:
    """Whether a name that ends at ``end`` goes on to name a thing: "Kenyatta National Hospital", "Reagan Airport"."""
    return _THING.match(clean, end) is not None


def is_capital(word: str) -> bool:
    """Whether a token may be a part of a name: a capital first, letters within."""
    return word[0].isupper() and (len(word) > 1 or word == "O") and not any(map(str.isdigit, word))


def is_initial(word: str) -> bool:
    """``J.`` or ``J`` or ``J.R.``"""
    return word[0].isupper() and (
        len(word) == 1
        or (word.endswith(".") and len(word) <= 5 and len(word.replace(".", "")) <= 2)
        or _INITIALS.fullmatch(word) is not None
    )


def is_name_word(word: str) -> bool:
    """A capitalised word that can belong to a person's name."""
    if not is_capital(word) or _is_stop(word):
        low = word.lower()
        return (
            low.startswith(("al-", "el-", "ad-", "as-", "ash-", "ul-", "an-", "ar-", "at-", "az-"))
            and len(word) > 4
            and word[3].isupper()
        ) or (low.startswith(("d'", "d’")) and len(word) > 3 and word[2].isupper())
    return True


def name_at(words: list[Token], at: int, limit: int = 6) -> int:
    """Index after the name that begins at token ``at``; ``at`` itself when none does."""
    j = at
    end = at
    while j < len(words) and j - at < limit:
        word = words[j].text
        if (
            word.lower().removesuffix("'s").removesuffix("’s") in SOFT
            and word[0].isupper()
            and len(word) > 2
            and not word.isupper()
        ):
            lone = j + 1 >= len(words) or not is_name_word(words[j + 1].text) or words[j + 1].start - words[j].end > 1
            broken = j > at and (end < j or (word.lower() in {"may", "march", "will"} and not lone))
            if broken or (j == at and lone):
                break
            j += 1
            if j - 1 > at or not lone:
                end = j
            if word.endswith(("'s", "’s")):
                break
            continue
        gap = words[j].start - words[j - 1].end if j > at else 0
        if gap > 1:
            break
        if is_name_word(word):
            j += 1
            end = j
            if word.endswith(("'s", "’s", "'", "’")):
                break
            continue
        if (
            is_initial(word)
            and j + 1 < len(words)
            and (is_name_word(words[j + 1].text) or is_initial(words[j + 1].text))
        ):
            j += 1
            continue
        if (
            word.lower() in PARTICLES
            and j + 1 < len(words)
            and (j > at or word[0].isupper() or word.lower() in {"al", "el", "de", "van", "von"})
        ):
            nxt = words[j + 1].text
            if is_name_word(nxt) or nxt.lower() in PARTICLES or nxt == "-":
                j += 1
                if nxt == "-" and j + 1 < len(words) and is_name_word(words[j + 1].text):
                    j += 1
                continue
        if (
            word == "-"
            and j > at
            and words[j - 1].text.lower() in PARTICLES
            and j + 1 < len(words)
            and is_name_word(words[j + 1].text)
        ):
            j += 1
            continue
        if word in {'"', "“", "'", "‘"} and j > at:  # a nickname: John "Jack" Smith
            close = next((k for k in range(j + 1, min(j + 4, len(words))) if words[k].text in {'"', "”", "'", "’"}), 0)
            if (
                close
                and close + 1 < len(words)
                and is_name_word(words[j + 1].text)
                and is_name_word(words[close + 1].text)
            ):
                j = close + 1
                continue
        if j > at and word.rstrip(".") in {"Jr", "Sr", "II", "III", "IV"}:
            j += 1
            end = j
            break
        if j > at and word == "," and j + 1 < len(words) and words[j + 1].text.rstrip(".") in {"Jr", "Sr", "II", "III"}:
            j += 2
            end = j
            break
        break
    return end


def name_before(words: list[Token], end: int, limit: int = 6) -> int:
    """Index at which the name that ends before token ``end`` begins; ``end`` itself when none does."""
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
    """The clean offset at which a name ends in this token, its possessive left out."""
    text = word.text
    if text.endswith(("'s", "’s")):
        return word.end - 2
    return word.end - 1 if text.endswith(("'", "’")) else word.end
