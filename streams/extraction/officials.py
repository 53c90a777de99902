"""Named people in public office, by the forms in which news names them: a grammar around the noun of a title.

Each office word in the text is read with what stands beside it: the words before ("Iraqi", "former", "Los Angeles
County"), the complement after ("of Armenia to the Holy See", "for the Department of State"), and a name in one of the
usual places: right after the title, after a comma, before it in apposition, before a verb of being or of appointment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from streams.extraction.document import Document
from streams.extraction.gazetteer import us_states
from streams.extraction.lexicon import Hit, longest
from streams.extraction.mention import Mention
from streams.extraction.names import (
    HONORIFICS,
    Token,
    is_capital,
    is_initial,
    is_name_word,
    name_at,
    name_before,
    names_a_thing,
    surface_end,
    tokens,
)
from streams.extraction.offices import OfficeTerm, offices
from streams.extraction.words import word_list

_DETERMINERS = word_list("officials.determiners")
_BEFORE_TITLE = word_list("officials.before_title") | _DETERMINERS
_AFTER_TITLE = word_list("officials.after_title")
_FORMER = word_list("officials.former")
_WEEKDAYS = word_list("officials.weekdays")
_COMPLEMENT = word_list("officials.complement")
_NAME_LINK = word_list("officials.name_link")
_AND_OK = word_list("officials.and_ok")
_NOT_TITLES = word_list("officials.not_titles")
_CLAUSE = word_list("officials.clause")
_SPEECH = word_list("officials.speech")
_BEING = word_list("officials.being")
_BARE_NOUNS = word_list("officials.bare_nouns")
_OPENERS = word_list("officials.line_openers")
_NO_PERSON = word_list("officials.no_person")
_APPOINTED = re.compile(
    r"(?:re-?)?(?:appoint|nam|nominat|elect|select|promot|install|confirm|sworn|pick|chos|tapp|inaugurat)\w*",
    re.IGNORECASE,
)
_PARTY_TAG = re.compile(r"(?:, ?|\(|\[)([RDI]|DFL|Rep|Dem)\.?[-–—]((?:[A-Z][\w.']*)(?: [A-Z][\w.']*)*)")
_LINKS = word_list("officials.links")
_PORTFOLIOS = word_list("officials.portfolios")
_NAMES_TOO = word_list("officials.names_too")
_TITLE_BEFORE_NAME = word_list("officials.title_before_name")
_HEADLINE_VERBS = word_list("officials.headline_verbs")
_LETTERS = word_list("names.letters")
_PRO_TEM = frozenset({"pro", "tem", "tempore", "elect", "designate"})
_STATE_ABBREVIATIONS = frozenset(
    name.rstrip(".") for names in us_states().values() for name in names if name.endswith(".") and " " not in name
)
_SMALL_WORDS = re.compile(r"(?<![\w'’])[a-z]+(?![\w'’])")
_MOST = 400  # names beside offices that are read; a text made to be slow has more
_HEADLINE = 4  # words of a headline, at least
_BREAKS = frozenset('.;:()"“”—–?!')
_SENTENCE = 3000  # characters of a sentence that are read; longer ones are lists or dirt


class Candidate(NamedTuple):
    """A name beside an office: clean offsets of the name, of the office as words, and of all that belongs to it."""

    start: int
    end: int
    head: OfficeTerm
    head_start: int
    head_end: int
    role_start: int
    role_end: int
    title_start: int
    title_end: int
    sentence: int
    pattern: str
    former: bool
    district: str = ""


class Title(NamedTuple):
    """A title in a sentence, by token: the first word that belongs to it, the head, and the end of its complement."""

    hit: Hit[OfficeTerm]
    sentence: int
    words: list[Token]
    left: int
    first: int
    last: int
    stop: int


def _bare(word: str) -> str:
    return word.lower().removesuffix("'s").removesuffix("’s")


class Reader:
    """Reads the candidates of one article."""

    def __init__(self, document: Document, bounds: list[tuple[int, int]], places: list[Mention]) -> None:
        self.document = document
        self.clean = document.clean
        self.folded = document.folded
        self.bounds = bounds
        self.lexicon = offices()
        self.found: list[Candidate] = []
        self._reach = 0
        self.titles = longest(self.lexicon.heads.hits(self.folded))
        self._forms = (
            self._name_after,
            self._name_ending,
            self._name_before,
            self._name_after_comma,
            self._name_by_verb,
        )
        self._starts = [start for start, _ in bounds]
        self._tokens: dict[int, tuple[list[Token], list[int]]] = {}
        self._places = sorted(places)
        self._place_starts = [place.start for place in self._places]

    def sentence_of(self, at: int) -> int:
        """Index of the sentence that holds the clean offset ``at``."""
        return max(0, bisect_right(self._starts, at) - 1)

    def words(self, sentence: int) -> tuple[list[Token], list[int]]:
        """The tokens of a sentence and where they begin, made once."""
        made = self._tokens.get(sentence)
        if made is None:
            start, end = self.bounds[sentence]
            words = tokens(self.clean, start, min(end, start + _SENTENCE))
            made = self._tokens[sentence] = (words, [word.start for word in words])
        return made

    def read(self) -> list[Candidate]:
        """The candidates of the article; no news article has so many that the bound is met."""
        for hit in self.titles:
            if len(self.found) >= _MOST:
                break
            title = self._title(hit)
            if title is None:
                continue
            nested = hit.start < self._reach  # inside the complement of a title that has its name
            for form in (self._name_after,) if nested else self._forms:
                if form(title):
                    self._reach = max(self._reach, self.found[-1].title_end)
                    break
        for found in islice(_PARTY_TAG.finditer(self.clean), _MOST):
            self._party_tag(found)
        return self.found[:_MOST]

    # -- the title itself ------------------------------------------------------------------------------------------

    def _title(self, hit: Hit[OfficeTerm]) -> Title | None:
        sentence = self.sentence_of(hit.start)
        words, starts = self.words(sentence)
        first = bisect_right(starts, hit.start) - 1
        if first < 0:
            return None
        last = bisect_right(starts, max(hit.start, hit.end - 1))
        if last < len(words) and words[last].text == "." and words[last].start == words[last - 1].end:
            last += len(words[last - 1].text) <= 5  # the point of an abbreviation
        if words[first].start < hit.start and "-" not in words[first].text:
            return None
        if hit.value.cased and not self.clean[hit.start : hit.start + 2].isupper():
            return None
        if self._is_surname(hit, words, first, last):
            return None
        left = self._left(words, first)
        if left == first and self.clean[hit.start : hit.end] in _BARE_NOUNS:
            return None
        return Title(hit, sentence, words, left, first, last, self._complement(words, last))

    def _left(self, words: list[Token], first: int) -> int:
        """Index at which the words before the head that belong to the title begin."""
        k = first
        while k > 0 and first - k < 9:
            token = words[k - 1]
            word, low = token.text, token.text.lower()
            if words[k].start - token.end > 1:
                break
            if self._modifies(word) or word in {"&", "/", "-"}:
                k -= 1
            elif word == "." and k >= 2 and words[k - 2].text in {"St", "Ft", "Mt", "Dept", "Co", "Asst"}:
                k -= 2
            elif is_capital(word) or is_initial(word) or (word[0].isupper() and word.endswith(".")):
                if low in _OPENERS or low in _WEEKDAYS:
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
        """Whether a crowned head's title is part of a name ("Martin Luther King Parkway")."""
        if self.folded[hit.start : hit.end].strip() not in _NAMES_TOO or first == 0:
            return False
        before = words[first - 1]
        return (
            words[last - 1].text[0].isupper()
            and words[first].start - before.end == 1
            and is_name_word(before.text)
            and not self.places_in(before.start, before.end)
            and before.text.lower() not in _OPENERS
        )

    def _modifies(self, word: str) -> bool:
        bare = _bare(word)
        known = self.lexicon.modifiers
        return bare in known or ("-" in bare and all(part in known for part in bare.split("-")))

    def _complement(self, words: list[Token], last: int) -> int:
        """Index after "of Armenia", "for the Department of State", "to the Holy See", or ``last``."""
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

    def _further_titles(self, words: list[Token], at: int) -> int:
        """Past titles and honorifics between a title and a name ("Mayor-elect Mr. Smith", "Governor General Jean")."""
        while at < len(words) - 1:
            word, low = words[at].text, words[at].text.lower()
            title = low in self.lexicon.title_words and word[0].isupper() and low not in _NOT_TITLES
            if low in _AFTER_TITLE or title or word.rstrip(".") in HONORIFICS:
                at += 1
                at += words[at].text == "." and words[at].start == words[at - 1].end and at < len(words) - 1
            elif word == "-" and words[at + 1].text.lower() in {"elect", "designate"}:
                at += 2
            else:
                break
        return at

    # -- where the name stands -------------------------------------------------------------------------------------

    def _name_after(self, title: Title) -> bool:
        """ "Secretary of State John Kerry"; "Mayors X, Y and Z"."""
        words = title.words
        if words[title.last - 1].text.endswith(("'s", "’s")):  # "the President's Malaria Initiative"
            return False
        at = self._further_titles(words, title.last)
        if at >= len(words) or words[at].start - words[at - 1].end > 1:
            return False
        end = name_at(words, at)
        if end == at or not self._is_person(words, at, end):
            return False
        lower = self.clean[title.hit.start].islower()
        if lower and end - at == 1 and (title.hit.value.weak or words[at].text.endswith(("'s", "’s"))):
            return False
        self._add(title, at, end, title.last, "before")
        while title.hit.value.plural and end < len(words) and words[end].text.lower() in _NAME_LINK:
            nxt = end + 1
            while nxt < len(words) and words[nxt].text.lower() in _NAME_LINK:
                nxt += 1
            stop = name_at(words, nxt) if nxt < len(words) else nxt
            if stop == nxt or not self._is_person(words, nxt, stop):
                break
            self._add(title, nxt, stop, title.last, "before")
            end = stop
        return True

    def _name_ending(self, title: Title) -> bool:
        """ "ambassador to the Holy See Mikayel Minasyan"."""
        words, stop = title.words, title.stop
        inside = self._name_in(words, title.last + 1, stop) if stop > title.last + 1 else None
        if inside is None:
            return False
        self._add(title, inside[0], inside[1], inside[0], "complement")
        return True

    def _name_after_comma(self, title: Title) -> bool:
        """ "the Foreign Secretary, Boris Johnson,"; "a spokesman for the ministry, X"."""
        words, stop = title.words, title.stop
        if stop >= len(words) or words[stop].text not in {",", "(", "—", "–", ":", "-"}:
            return False
        if title.hit.value.plural and self.clean[title.hit.start].islower():
            return False
        comma = stop
        for _ in range(4):  # "minister of agriculture, forests and rural development, X"
            at = self._further_titles(words, comma + 1)
            end = name_at(words, at) if at < len(words) else at
            if end > at and self._is_person(words, at, end):
                closed = end >= len(words) or words[end].text in _BREAKS | {","} or words[end].text.lower() in _SPEECH
                if end - at > 1 and (closed or words[stop].text == "("):
                    self._add(title, at, end, comma, "comma")
                    return True
            nxt = next((k for k in range(comma + 1, min(comma + 7, len(words))) if words[k].text in {",", "."}), 0)
            if not nxt or words[nxt].text == "." or comma + 1 >= len(words) or not is_capital(words[comma + 1].text):
                return False
            comma = nxt
        return False

    def _name_in(self, words: list[Token], start: int, stop: int) -> tuple[int, int] | None:
        """The name with which a complement ends, after a place or a body."""
        text_start, text_end = words[start].start, words[stop - 1].end
        edges = {place.end for place in self.places_in(text_start, text_end)}
        edges |= {text_start + hit.end for hit in longest(self.lexicon.bodies.hits(self.folded[text_start:text_end]))}
        best: tuple[int, int] | None = None
        for k in range(start + 1, stop):
            before = words[k - 1]
            lower = before.text.islower() and before.text.isalpha() and before.text not in _LINKS
            if (
                lower
                or before.text.lower() in _PORTFOLIOS
                or before.end in edges
                or (before.text == "." and words[k - 2].end in edges)
            ):
                at = self._further_titles(words, k)
                end = name_at(words, at) if at < stop else at
                if end - at >= 2 and end <= stop and self._is_person(words, at, end):
                    best = (at, end)
        return best

    def _name_before(self, title: Title) -> bool:
        """ "Kelly Schlissberg, a spokeswoman for ..."; "X, 45, mayor of Y"; "X (mayor of Y)"."""
        words = title.words
        if title.hit.value.plural and self.clean[title.hit.start].islower():  # "X, prosecutors said"
            return False
        k = title.left
        while k > 0 and words[k - 1].text.lower() in _BEFORE_TITLE:
            k -= 1
        if k > 1 and words[k - 1].text not in {",", "(", "—", "–", "-"}:  # a possessive or another description first
            back = k
            while back > 0 and k - back < 8 and words[back - 1].text not in {",", "(", ".", ";"}:
                back -= 1
            described = words[k].text.lower() == "and" or words[k - 1].text.endswith(("'s", "’s", "s'", "s’"))
            if (
                back > 0
                and words[back - 1].text in {",", "("}
                and (described or words[back].text.lower() in _DETERMINERS)
            ):
                k = back
        if k < 2 or words[k - 1].text not in {",", "(", "—", "–", "-"}:
            return False
        end = k - 1
        if end >= 3 and words[end - 1].text.isdigit() and words[end - 2].text == ",":  # an age
            end -= 2
        elif words[end - 1].text == "-":
            end -= 1
        return self._add_before(title, end, title.stop, "apposition")

    def _name_by_verb(self, title: Title) -> bool:
        """ "X was elected mayor of Y"; "X, who became president"; "named X prime minister"."""
        words = title.words
        k = title.left
        while k > 0 and words[k - 1].text.lower() in _DETERMINERS:
            k -= 1
        j = k
        while j > 0 and k - j < 6 and (words[j - 1].text.lower() in _BEING or _APPOINTED.fullmatch(words[j - 1].text)):
            j -= 1
        if j < k and words[j].text.lower() not in _DETERMINERS:
            while j > 1 and words[j - 1].text.lower() in {",", "who"}:
                j -= 1
            return self._add_before(title, j, title.last, "verb")
        if title.hit.value.weak or k != title.left:
            return False
        start = name_before(words, k)
        if k - start >= 2 and start > 0 and _APPOINTED.fullmatch(words[start - 1].text):
            return self._add_before(title, k, title.last, "verb")
        return False

    def _add_before(self, title: Title, end: int, role_end: int, pattern: str) -> bool:
        words = title.words
        start = name_before(words, end)
        if start == end or not self._is_person(words, start, end):
            return False
        honoured = start > 0 and words[start - 1].text.rstrip(".") in HONORIFICS
        if end - start == 1 and not honoured and words[start].text.rstrip(".") not in HONORIFICS:
            return False
        self._add(title, start, end, role_end, pattern)
        return True

    # -- records ---------------------------------------------------------------------------------------------------

    def _add(self, title: Title, start: int, end: int, role_end: int, pattern: str) -> None:
        words = title.words
        start, end = self._bare_name(words, start, end)
        if start == end:
            return
        former = any(
            _bare(word.text) in _FORMER or word.text.lower().startswith("ex-")
            for word in words[max(0, title.left - 2) : title.last]
        )
        self.found.append(
            Candidate(
                start=words[start].start,
                end=surface_end(words[end - 1]),
                head=title.hit.value,
                head_start=title.hit.start,
                head_end=title.hit.end,
                role_start=words[title.left].start,
                role_end=words[role_end - 1].end,
                title_start=words[title.left].start,
                title_end=words[max(role_end, title.last, title.stop if pattern != "before" else 0) - 1].end,
                sentence=title.sentence,
                pattern=pattern,
                former=former
                or re.search(
                    r"\b[Tt]hen[- ]$", self.clean[max(0, words[title.left].start - 6) : words[title.left].start]
                )
                is not None,
            )
        )

    def _bare_name(self, words: list[Token], start: int, end: int) -> tuple[int, int]:
        """The name without honorifics and titles before it, letters after it, and the verb of a headline."""
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

    def places_in(self, start: int, end: int) -> list[Mention]:
        """The mentions of countries that begin between two clean offsets."""
        first = bisect_right(self._place_starts, start - 1)
        last = bisect_right(self._place_starts, end - 1)
        return self._places[first:last]

    def _is_person(self, words: list[Token], start: int, end: int) -> bool:
        """Whether the tokens can name a person: not a place, a body or a title."""
        first, last = words[start].start, words[end - 1].end
        for place in self.places_in(first, last):
            if place.start == first and (place.end >= last - 2 or place.via == "demonym"):
                return False
            if place.end >= last - 2 and place.via == "demonym":  # "North Ossetian"
                return False
        if words[start].text.lower() in _HEADLINE_VERBS or words[start].text in _STATE_ABBREVIATIONS:
            return False
        if words[end - 1].text in {"DC", "D.C.", "USA", "UK"} or names_a_thing(self.clean, last):
            return False
        if self._is_dateline(words, start, end) or self._is_headline_phrase(words, start):
            return False
        return not any(_bare(word.text) in _NO_PERSON or word.text[1:2] == "-" for word in words[start:end])

    def _is_dateline(self, words: list[Token], start: int, end: int) -> bool:
        """ "ATLANTIC BEACH — Officials": capitals at the beginning of a line, and a dash after."""
        return (
            end < len(words)
            and words[end].text in {"—", "–", "-", "("}
            and all(word.text.isupper() and len(word.text) > 2 for word in words[start:end])
        )

    def _is_headline_phrase(self, words: list[Token], start: int) -> bool:
        """Whether a capitalised phrase of a headline begins with a word that the text writes small ("Fatally Shot")."""
        line = [word.text for word in words if len(word.text) > 3 and word.text.isalpha()]
        if len(line) < _HEADLINE or sum(word[0].isupper() for word in line) < 0.8 * len(line):
            return False
        return words[start].text.isalpha() and words[start].text.lower() in self._small

    @cached_property
    def _small(self) -> frozenset[str]:
        """The words that the text writes small."""
        return frozenset(_SMALL_WORDS.findall(self.clean))

    def _party_tag(self, found: re.Match[str]) -> None:
        """ "John McCain (R-Ariz.)"; "Vicki Lensing, D-Iowa City": members of parliaments."""
        sentence = self.sentence_of(found.start())
        words, starts = self.words(sentence)
        end = bisect_right(starts, found.start() - 1)
        if end > len(words):
            return
        start = name_before(words, end)
        if start < end:
            start, end = self._bare_name(words, start, end)
        if start < end and self._is_person(words, start, end):
            self.found.append(
                Candidate(
                    start=words[start].start,
                    end=surface_end(words[end - 1]),
                    head=OfficeTerm("head", "legislator"),
                    head_start=found.start(1),
                    head_end=found.end(1),
                    role_start=found.start(1),
                    role_end=found.end(),
                    title_start=words[start].start,
                    title_end=found.end(),
                    sentence=sentence,
                    pattern="party tag",
                    former=False,
                    district=found.group(2),
                )
            )
