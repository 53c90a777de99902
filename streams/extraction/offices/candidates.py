"""Named people in public office, by the forms that news uses: a grammar around the noun of a title.

Each office word in the text is read in context: the words before it ("Iraqi", "former", "Los Angeles County"), the
complement after it ("of Armenia to the Holy See", "for the Department of State"), and a name in one of the usual
positions: right after the title, after a comma, before it in apposition, before a verb of being or of appointment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import islice
from typing import NamedTuple

from streams.extraction.offices.office_terms import OfficeTerm, offices
from streams.extraction.offices.page import Page
from streams.extraction.offices.person_names import bare_name, is_person
from streams.extraction.offices.titles import Title, Titles, bare
from streams.extraction.text.lexicon import longest
from streams.extraction.text.names import HONORIFICS, Token, is_capital, name_at, name_before, surface_end
from streams.extraction.text.words import word_list

_DETERMINERS = word_list("officials.determiners")
_BEFORE_TITLE = word_list("officials.before_title") | _DETERMINERS
_FORMER = word_list("officials.former")
_NAME_LINK = word_list("officials.name_link")
_SPEECH = word_list("officials.speech")
_BEING = word_list("officials.being")
_LINKS = word_list("officials.links")
_PORTFOLIOS = word_list("officials.portfolios")
_APPOINTED = re.compile(
    r"(?:re-?)?(?:appoint|nam|nominat|elect|select|promot|install|confirm|sworn|pick|chos|tapp|inaugurat)\w*",
    re.IGNORECASE,
)
_PARTY_TAG = re.compile(r"(?:, ?|\(|\[)([RDI]|DFL|Rep|Dem)\.?[-–—]((?:[A-Z][\w.']*)(?: [A-Z][\w.']*)*)")
_SOFT_SURNAMES = word_list("names.soft_surnames")
_REGIONS = re.compile(
    r"\b(?:Central|South|Southeast|East|North|West) (?:Asia|Africa|America)|Middle East|Balkans|Caucasus"
    r"|Horn of Africa|Sahel|Great Lakes|Arctic|Indo-Pacific|Asia[- ]Pacific|Near East|Persian Gulf|Human Rights|Eurasia"
)
_BREAKS = frozenset('.;:()"“”—–?!')
_SERVED = frozenset({"of", "from", "with"})
_SERVED_LINKS = frozenset({"of", "the", "for", "and"})
_SERVED_WORDS = 9  # words read after a name
_COUNTERPART = "counterpart"  # holds the same office as the person named before
_MOST = 400  # candidates read per article; an adversarial text has more


class Candidate(NamedTuple):
    """A name with an office: clean offsets of the name, of the office's words, and of the whole expression."""

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


def _soft_surname(title: Title, words: list[Token], at: int) -> bool:
    """Whether a surname that is also a word follows a title in capitals: "Prime Minister May"."""
    if not words[title.first].text[0].isupper() or words[title.last - 1].text.isupper() or not words[at].text.istitle():
        return False
    after = words[at + 1].text if at + 1 < len(words) else "."
    return (
        words[at].text.lower().removesuffix("'s").removesuffix("’s") in _SOFT_SURNAMES
        and not after[0].isupper()
        and not after[0].isdigit()
    )


def _is_verb(word: str) -> bool:
    """Whether a clause goes on with what the person said or did."""
    return word.lower() in _SPEECH or (word.islower() and word.endswith("ed"))


def _goes_on(words: list[Token], end: int) -> bool:
    """Whether a capitalised word follows: "Alberta Liquor Store Association" names no person."""
    return end < len(words) and is_capital(words[end].text) and not words[end].text.isupper()


def _past_brackets(words: list[Token], at: int) -> int:
    """The index after a short remark in brackets; ``at`` if none begins there."""
    if at < len(words) and words[at].text == "(":
        return next((k + 1 for k in range(at, min(at + 8, len(words))) if words[k].text == ")"), at)
    return at


class Reader:
    """Reads the candidates of one article."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clean = page.clean
        self.folded = page.folded
        self.bounds = page.bounds
        self.lexicon = offices()
        self.found: list[Candidate] = []
        self.titles = longest(self.lexicon.heads.hits(self.folded))
        self._reader = Titles(page)
        self._reach = 0
        self._forms = (
            self._name_after,
            self._name_ending,
            self._name_before,
            self._name_after_comma,
            self._name_by_verb,
        )

    def read(self) -> list[Candidate]:
        """The candidates of the article; no real article reaches the limit."""
        for hit in self.titles:
            if len(self.found) >= _MOST:
                break
            title = self._reader.read(hit)
            if title is None:
                continue
            nested = hit.start < self._reach  # inside the complement of a title that already has its name
            for form in (self._name_after,) if nested else self._forms:
                if form(title) and self.found:
                    self._reach = max(self._reach, self.found[-1].title_end)
                    break
        for found in islice(_PARTY_TAG.finditer(self.clean), _MOST):
            self._party_tag(found)
        return self.found[:_MOST]

    # -- positions of the name -------------------------------------------------------------------------------------

    def _name_after(self, title: Title) -> bool:
        """ "Secretary of State John Kerry"; "Mayors X, Y and Z"."""
        words = title.words
        if words[title.last - 1].text.endswith(("'s", "’s")):  # "the President's Malaria Initiative"
            return False
        at = self._reader.further(words, title.last)
        if at >= len(words) or words[at].start - words[at - 1].end > 1:
            return False
        end = name_at(words, at)
        if end == at and _soft_surname(title, words, at):  # "President Bush and"
            end = at + 1
        if end == at or not is_person(self.page, words, at, end):
            return False
        lower = self.clean[title.hit.start].islower()
        if lower and end - at == 1 and (title.hit.value.weak or words[at].text.endswith(("'s", "’s"))):
            return False
        self._add(title, at, end, title.last, "before", self._served(words, end))
        while title.hit.value.plural:
            end = _past_brackets(words, end)  # "Sens. A (Mont.), B (Alaska) and C"
            if end >= len(words) or words[end].text.lower() not in _NAME_LINK:
                break
            nxt = end + 1
            while nxt < len(words) and words[nxt].text.lower() in _NAME_LINK:
                nxt += 1
            stop = name_at(words, nxt) if nxt < len(words) else nxt
            if stop == nxt or not is_person(self.page, words, nxt, stop):
                break
            self._add(title, nxt, stop, title.last, "before")
            end = stop
        return True

    def _served(self, words: list[Token], end: int) -> int:
        """The index after the complement of a name after its title ("Sheriff Bob Smith of Clark County"), or 0."""
        if end >= len(words) or words[end].text.lower() not in _SERVED or words[end - 1].text.endswith(("'s", "’s")):
            return 0
        stop = served = end + 1
        while stop < min(len(words), end + _SERVED_WORDS):
            if words[stop].text[0].isupper():
                served = stop + 1
            elif words[stop].text.lower() not in _SERVED_LINKS:
                break
            stop += 1
        return served if served > end + 1 else 0

    def _name_ending(self, title: Title) -> bool:
        """ "ambassador to the Holy See Mikayel Minasyan"."""
        words, stop = title.words, title.stop
        inside = self._name_in(words, title.last + 1, stop) if stop > title.last + 1 else None
        if inside is None:
            return False
        self._add(title._replace(stop=inside[1]), inside[0], inside[1], inside[0], "complement")
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
            at = self._reader.further(words, comma + 1)
            end = name_at(words, at) if at < len(words) else at
            if end > at and is_person(self.page, words, at, end):
                closed = end >= len(words) or words[end].text in _BREAKS | {","} or _is_verb(words[end].text)
                if end - at > 1 and (closed or words[stop].text == "("):
                    self._add(title, at, end, comma, "comma")
                    return True
            nxt = next((k for k in range(comma + 1, min(comma + 7, len(words))) if words[k].text in {",", "."}), 0)
            if not nxt or words[nxt].text == "." or comma + 1 >= len(words) or not is_capital(words[comma + 1].text):
                return False
            comma = nxt
        return False

    def _name_in(self, words: list[Token], start: int, stop: int) -> tuple[int, int] | None:
        """The name at the end of a complement, after a place or a body."""
        text_start, text_end = words[start].start, words[stop - 1].end
        edges = {place.end for place in self.page.places_in(text_start, text_end)}
        edges |= {text_start + hit.end for hit in longest(self.lexicon.bodies.hits(self.folded[text_start:text_end]))}
        edges |= {text_start + hit.end() for hit in _REGIONS.finditer(self.clean[text_start:text_end])}
        nested = next(
            (
                hit.start
                for hit in self.titles
                if text_start < hit.start < text_end and not hit.value.weak and not hit.value.rank
            ),
            text_end,
        )
        for k in range(start + 1, stop):
            if words[k].start > nested:  # "special envoy of President Roe": the name is the other's
                break
            before = words[k - 1]
            lower = before.text.islower() and before.text.isalpha() and before.text not in _LINKS
            if (
                lower
                or before.text.lower() in _PORTFOLIOS
                or before.end in edges
                or (before.text == "." and words[k - 2].end in edges)
            ):
                at = self._reader.further(words, k)
                end = name_at(words, at) if at < stop else at
                if end - at < 2 or end > stop or _goes_on(words, end):
                    continue
                if is_person(self.page, words, at, end):
                    return at, end
        return None

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
        named = title.left < title.first - 1 and name_at(words, title.left) == title.first
        if named and title.left > 0 and _APPOINTED.fullmatch(words[title.left - 1].text):  # "named X Y governor"
            return self._add_before(title._replace(left=title.first), title.first, title.last, "verb")
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
        if title.hit.value.weak:
            return False
        if k != title.left:
            return False
        start = name_before(words, k)
        if k - start >= 2 and start > 0 and _APPOINTED.fullmatch(words[start - 1].text):
            return self._add_before(title, k, title.last, "verb")
        return False

    def _add_before(self, title: Title, end: int, role_end: int, pattern: str) -> bool:
        words = title.words
        start = name_before(words, end)
        if start == end or not is_person(self.page, words, start, end):
            return False
        honoured = start > 0 and words[start - 1].text.rstrip(".") in HONORIFICS
        if end - start == 1 and not honoured and words[start].text.rstrip(".") not in HONORIFICS:
            return False
        self._add(title, start, end, role_end, pattern)
        return True

    # -- records ---------------------------------------------------------------------------------------------------

    def _add(self, title: Title, start: int, end: int, role_end: int, pattern: str, served: int = 0) -> None:
        words = title.words
        start, end = bare_name(words, start, end)
        head = title.hit.value
        if head.label == _COUNTERPART:
            before = next((found for found in self.found if found.sentence == title.sentence), None)
            if before is None:
                return
            head = before.head._replace(country="")
        former = any(
            bare(word.text) in _FORMER or word.text.lower().startswith(("ex-", "then-"))
            for word in words[max(0, title.left - 2) : title.last]
        )
        self.found.append(
            Candidate(
                start=words[start].start,
                end=surface_end(words[end - 1]),
                head=head,
                head_start=title.hit.start,
                head_end=title.hit.end,
                role_start=words[title.left].start,
                role_end=words[role_end - 1].end,
                title_start=words[title.left].start,
                title_end=words[max(role_end, title.last, served, title.stop if pattern != "before" else 0) - 1].end,
                sentence=title.sentence,
                pattern=pattern,
                former=former
                or re.search(
                    r"\b[Tt]hen[- ]$", self.clean[max(0, words[title.left].start - 6) : words[title.left].start]
                )
                is not None,
            )
        )

    def _party_tag(self, found: re.Match[str]) -> None:
        """ "John McCain (R-Ariz.)"; "Vicki Lensing, D-Iowa City": members of parliaments."""
        sentence = self.page.sentence_of(found.start())
        words, starts = self.page.words(sentence)
        end = bisect_right(starts, found.start() - 1)
        if end > len(words):
            return
        start = name_before(words, end)
        if start < end:
            start, end = bare_name(words, start, end)
        if start < end and is_person(self.page, words, start, end):
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
