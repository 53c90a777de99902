"""The title around a noun of office: "former Los Angeles County", "ambassador", "of Armenia to the Holy See"."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from streams.extraction.offices.office_terms import OfficeTerm, offices
from streams.extraction.offices.page import Page
from streams.extraction.text.lexicon import Hit
from streams.extraction.text.names import HONORIFICS, Token, is_capital, is_initial, is_name_word
from streams.extraction.text.words import word_list

_AFTER_TITLE = word_list("officials.after_title")
_WEEKDAYS = word_list("officials.weekdays")
_COMPLEMENT = word_list("officials.complement")
_AND_OK = word_list("officials.and_ok")
_NOT_TITLES = word_list("officials.not_titles")
_CLAUSE = word_list("officials.clause")
_BARE_NOUNS = word_list("officials.bare_nouns")
_OPENERS = word_list("officials.line_openers")
_NAMES_TOO = word_list("officials.names_too")
_NAMED_THINGS = frozenset({("Premier", "League"), ("King", "Features"), ("General", "Motors"), ("General", "Electric")})
_NOT_IN_TITLES = _CLAUSE | word_list("officials.links") | word_list("officials.speech")
_BREAKS = frozenset('.;:()"“”—–?!')


class Title(NamedTuple):
    """A title in a sentence, as token indexes: its first word, the head, and the end of its complement."""

    hit: Hit[OfficeTerm]
    sentence: int
    words: list[Token]
    left: int
    first: int
    last: int
    stop: int


def bare(word: str) -> str:
    """A word in lower case, without its possessive."""
    return word.lower().removesuffix("'s").removesuffix("’s")


def _is_no_title(words: list[Token], first: int, last: int) -> bool:
    """ "3:30 PM", "the Premier League", "King Features"."""
    head = words[last - 1].text
    if head == "PM" and first > 0 and words[first - 1].text.isdigit():
        return True
    return last < len(words) and (head, words[last].text) in _NAMED_THINGS


def _governs(words: list[Token], last: int) -> bool:
    """Whether a noun is used as an office: "the speaker of Ukraine's parliament"."""
    return last + 1 < len(words) and words[last].text == "of" and words[last + 1].text[0].isupper()


class Titles:
    """Reads the titles of a page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._lexicon = offices()

    def read(self, hit: Hit[OfficeTerm]) -> Title | None:
        """The title around a noun of office, or None if it is not a title."""
        sentence = self._page.sentence_of(hit.start)
        words, starts = self._page.words(sentence)
        first = bisect_right(starts, hit.start) - 1
        if first < 0:
            return None
        last = bisect_right(starts, max(hit.start, hit.end - 1))
        if last < len(words) and words[last].text == "." and words[last].start == words[last - 1].end:
            last += len(words[last - 1].text) <= 5  # an abbreviation's point
        if words[first].start < hit.start and "-" not in words[first].text:
            return None
        if hit.value.cased and not self._page.clean[hit.start : hit.start + 2].isupper():
            return None
        if self._is_surname(hit, words, first, last) or _is_no_title(words, first, last):
            return None
        left = self._left(words, first)
        if left == first and self._page.clean[hit.start : hit.end] in _BARE_NOUNS and not _governs(words, last):
            return None
        return Title(hit, sentence, words, left, first, last, self._complement(words, last))

    def _left(self, words: list[Token], first: int) -> int:
        """The index of the first word before the head that belongs to the title."""
        k = first
        while k > 0 and first - k < 9:
            token = words[k - 1]
            word, low = token.text, token.text.lower()
            if words[k].start - token.end > 1:
                break
            if word == "-" and words[k].start > token.end:
                break  # a dash, as after a dateline
            if self._modifies(word) or word in {"&", "/", "-"}:
                k -= 1
            elif word == "." and k >= 2 and words[k - 2].text in {"St", "Ft", "Mt", "Dept", "Co", "Asst"}:
                k -= 2
            elif is_capital(word) or is_initial(word) or (word[0].isupper() and word.endswith(".")):
                if low in _OPENERS or low in _WEEKDAYS or (len(word) > 1 and word.isupper() and low in _NOT_IN_TITLES):
                    break
                k -= 1
            elif (
                word == "and" and 2 <= k < first and is_capital(words[k - 2].text) and words[k].text.lower() in _AND_OK
            ):
                k -= 1  # "Health and Human Services Secretary"
            else:
                break
        return k

    def _is_surname(self, hit: Hit[OfficeTerm], words: list[Token], first: int, last: int) -> bool:
        """Whether a royal title is part of a name ("Martin Luther King Parkway")."""
        if self._page.folded[hit.start : hit.end].strip() not in _NAMES_TOO or first == 0:
            return False
        before = words[first - 1]
        return (
            words[last - 1].text[0].isupper()
            and words[first].start - before.end == 1
            and is_name_word(before.text)
            and not self._page.places_in(before.start, before.end)
            and before.text.lower() not in _OPENERS
        )

    def _modifies(self, word: str) -> bool:
        plain = bare(word)
        known = self._lexicon.modifiers
        return plain in known or ("-" in plain and all(part in known for part in plain.split("-")))

    def _complement(self, words: list[Token], last: int) -> int:
        """The index after "of Armenia", "for the Department of State", "to the Holy See", or ``last``."""
        j = last
        while j < len(words) and words[j].text.lower() in {
            "extraordinary",
            "and",
            "plenipotentiary",
            "general",
            "designate",
        }:
            if words[j].text.lower() == "and" and words[j - 1].text.lower() != "extraordinary":
                break
            j += 1
        if j >= len(words) or words[j].text.lower() not in _COMPLEMENT:
            return j
        for step in range(j, min(j + 28, len(words))):
            word = words[step]
            abbreviation = word.text == "." and step + 1 < len(words) and len(words[step - 1].text) <= 4
            if word.text == "," or word.text.lower() in _CLAUSE or (word.text in _BREAKS and not abbreviation):
                return step
        return min(j + 28, len(words))

    def further(self, words: list[Token], at: int) -> int:
        """The index after further titles and honorifics ("Mayor-elect Mr. Smith", "Governor General Jean")."""
        while at < len(words) - 1:
            word, low = words[at].text, words[at].text.lower()
            title = low in self._lexicon.title_words and word[0].isupper() and low not in _NOT_TITLES
            if low in _AFTER_TITLE or title or word.rstrip(".") in HONORIFICS:
                at += 1
                at += words[at].text == "." and words[at].start == words[at - 1].end and at < len(words) - 1
            elif word == "-" and words[at + 1].text.lower() in {"elect", "designate"}:
                at += 2
            else:
                break
        return at
