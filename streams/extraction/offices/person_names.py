"""Whether the capitalised words next to a title name a person, and which of them form the name."""

from __future__ import annotations

from streams.extraction.offices.page import Page
from streams.extraction.offices.titles import bare
from streams.extraction.places.gazetteer import us_states
from streams.extraction.text.names import HONORIFICS, Token, names_a_thing
from streams.extraction.text.words import word_list

_NO_PERSON = word_list("officials.no_person")
_TITLE_BEFORE_NAME = word_list("officials.title_before_name")
_HEADLINE_VERBS = word_list("officials.headline_verbs")
_LETTERS = word_list("names.letters")
_PRO_TEM = frozenset({"pro", "tem", "tempore", "elect", "designate"})
_STATE_ABBREVIATIONS = frozenset(
    name.rstrip(".") for names in us_states().values() for name in names if name.endswith(".") and " " not in name
)
_SHORT_SURNAME = 4  # letters: REED, KING
_HEADLINE = 4  # least number of words in a headline


def bare_name(words: list[Token], start: int, end: int) -> tuple[int, int]:
    """The name without preceding honorifics and titles, trailing letters, or a headline's verb."""
    for k in range(end - 2, start - 1, -1):
        if words[k].text.lower() in _TITLE_BEFORE_NAME and words[k].text[0].isupper():
            start = k + 1
            break
    while start < end - 1 and (
        words[start].text.rstrip(".") in HONORIFICS
        or words[start].text in {".", "-", "U.S.", "US", "UK"}
        or words[start].text.lower() in _PRO_TEM
    ):
        start += 1
    while end > start + 1 and words[end - 1].text in _LETTERS:
        end -= 1
    for k in range(start + 1, end):
        if words[k].text.lower() in _HEADLINE_VERBS:
            return start, k
    return start, end


def is_person(page: Page, words: list[Token], start: int, end: int) -> bool:
    """Whether the tokens can name a person rather than a place, a body or a title."""
    first, last = words[start].start, words[end - 1].end
    for place in page.places_in(first, last):
        if place.start == first and (place.end >= last - 2 or place.via == "demonym"):
            return False
        if place.end >= last - 2 and place.via == "demonym":  # "North Ossetian"
            return False
    if words[start].text.lower() in _HEADLINE_VERBS or words[start].text in _STATE_ABBREVIATIONS:
        return False
    if words[end - 1].text in {"DC", "D.C.", "USA", "UK"} or names_a_thing(page.clean, last):
        return False
    if words[end - 1].text.endswith(("ED", "ING")) and len(words[end - 1].text) > _SHORT_SURNAME:  # ENGINES FAILED
        return False
    if _is_dateline(words, start, end) or _is_headline_phrase(page, words, start):
        return False
    return not any(bare(word.text) in _NO_PERSON or word.text[1:2] == "-" for word in words[start:end])


def _is_dateline(words: list[Token], start: int, end: int) -> bool:
    """ "ATLANTIC BEACH — Officials": capitals at the start of a line, followed by a dash."""
    return (
        end < len(words)
        and words[end].text in {"—", "–", "-", "("}
        and all(word.text.isupper() and len(word.text) > 2 for word in words[start:end])
    )


def _is_headline_phrase(page: Page, words: list[Token], start: int) -> bool:
    """Whether a headline's capitalised phrase begins with a word that the text has in lower case ("Fatally Shot")."""
    line = [word.text for word in words if len(word.text) > 3 and word.text.isalpha()]
    if len(line) < _HEADLINE or sum(word[0].isupper() for word in line) < 0.8 * len(line):
        return False
    return words[start].text.isalpha() and words[start].text.lower() in page.small
