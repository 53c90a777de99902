"""The states that an article refers to, by which words, and which of them it is mainly about.

One pass finds the terms of the gazetteer. The meaning of a term then depends on its neighbours (a person's name, a
company, a US state after a comma) and on the rest of the article (Georgia with Atlanta or with Tbilisi).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from detectors.model.article import Country, CountryMention, Official
from streams.extraction.places.america import american_towns
from streams.extraction.places.doubtful_places import Doubt, settled
from streams.extraction.places.foreign_countries import foreign_mentions
from streams.extraction.places.gazetteer import Place, place_lexicon, state_names
from streams.extraction.places.mention import Mention
from streams.extraction.places.salience import main_states, weights
from streams.extraction.text.document import Document
from streams.extraction.text.folding import fold
from streams.extraction.text.lexicon import Hit, longest
from streams.extraction.text.words import word_list

_BEFORE_PLACE = word_list("countries.before_place")
_AFTER_PLACE = word_list("countries.after_place")
_PERSON_AFTER = word_list("countries.person_after")
_PERSON_BEFORE = word_list("countries.person_before")
_PLACE_HEADS = word_list("countries.place_heads")
_THING_AFTER = word_list("countries.thing_after")
_LANGUAGE_BEFORE = word_list("countries.language_before")
_LANGUAGE_AFTER = word_list("countries.language_after")
_CLAUSE_AFTER = word_list("countries.clause_after")
_STREET = re.compile(r" [A-Z][a-z]+ (?:Road|Rd|Street|St|Avenue|Ave|Lane|Drive|Boulevard|Blvd|Parkway|Highway)\b")
_STREETS = word_list("countries.streets")
_NO_GIVEN = word_list("countries.no_given")
_STATE_AFTER = re.compile(
    r",? ?\(?,? *([A-Z][a-z]{1,4}\.|[NSWRD]\. ?[A-Z][a-z]{0,2}\.|[A-Z]{2}\b|[A-Z][a-z]+(?: [A-Z][a-z]+)?)"
)
_DATELINE = re.compile(
    r"(?:, [A-Z][\w.]+(?: [A-Z][\w.]+)?)*"
    r"(?:,? (?:[A-Z][a-z]{2,8}\.? )?\d{1,2}(?: [A-Z][a-z]{2,8}\.?)?(?:,? \d{4})?)?,? ?"
    r"(?:\([^()\n]{2,40}\)(?: ?(?:--|—|–|-|:))?|/[A-Z][^/\n]{1,30}/|--|—|–|-|:) "
)
_ENDS = frozenset('.!?"”')
_SAMPLE = 2000  # characters read to see whether capitals are used
_FEWEST_CAPITALS = 0.002  # of all characters; a text with fewer is in lower case
_SHORT = 4  # letters of the longest abbreviation that a place's name can be taken for
_WORDS_TOO = frozenset({"CAR", "ISI", "SA", "GB", "ROK"})
_FIRMS_TOO = frozenset({"SA"})
_GIVEN_NAMES = word_list("countries.given_names")
_MOST = 20_000  # place names read per article; a megabyte of news has half as many
_LONGEST_WORD = 60  # characters read of a neighbouring word
_WORD_AFTER = re.compile(r"[ \n-]{0,60}([^\W_]{1,60})")


def word_before(clean: str, at: int) -> str:
    """The word that ends before ``at`` on the same line; empty if punctuation comes between."""
    end, least = at, max(0, at - _LONGEST_WORD)
    while end > least and clean[end - 1] in " -":
        end -= 1
    start, least = end, max(0, end - _LONGEST_WORD)
    while start > least and (clean[start - 1].isalnum() or clean[start - 1] in "'’."):
        start -= 1
    return clean[start:end]


def word_after(clean: str, at: int) -> str:
    """The word that begins after ``at``; empty if punctuation comes between."""
    found = _WORD_AFTER.match(clean, at)
    return found.group(1) if found else ""


def find_mentions(document: Document, language: str = "en", home: str = "") -> list[Mention]:
    """All references to countries, in text order; ``home``: where the outlet is at home."""
    if language != "en":
        return foreign_mentions(document, language)
    clean = document.clean
    cased = _is_cased(clean, document.body)
    candidates: dict[tuple[int, int], list[Place]] = defaultdict(list)
    plausible = [hit for hit in place_lexicon().hits(document.folded) if _plausible(clean, hit, cased)]
    for hit in longest(plausible)[:_MOST]:
        candidates[hit.start, hit.end].append(hit.value)
    towns = _us_towns(clean, candidates)
    people = _surnames(clean, candidates)
    sure: list[Mention] = []
    unsure: list[Doubt] = []
    for (start, end), found in candidates.items():
        if not found[0].alpha3:
            continue
        surface = document.folded[start:end]
        if surface in towns and found[0].via != "demonym":
            places = [Place("USA", "city", state=towns[surface])]
        else:
            places = found
        first = places[0]
        if surface in people and word_before(clean, start).lower() not in _BEFORE_PLACE:
            continue
        if (
            len(places) > 1
            and first.strength == 2
            and first.via in {"city", "capital", "region"}
            and any(p.alpha3 == "USA" for p in places[1:])
        ):
            unsure.append(Doubt(start, end, places, _placed(clean, start, end)))
            continue
        alone = first.strength == 2 and len({place.alpha3 for place in places if place.strength == 2}) == 1
        if _inside_name(clean, start, end, first):
            continue
        if alone:
            sure.append(Mention(start, end, first.alpha3, first.via, True, first.state))
        else:
            unsure.append(Doubt(start, end, places, _placed(clean, start, end)))
    sure += settled(clean, sure, unsure, home)
    sure.sort()
    return american_towns(clean, _congo(clean, sure))


def _is_cased(clean: str, body: int) -> bool:
    """Whether capitals tell names from words: the text is neither in lower case alone nor in capitals alone."""
    sample = clean[body : body + _SAMPLE]
    capitals = sum(map(str.isupper, sample))
    return _FEWEST_CAPITALS * len(sample) < capitals and not clean.isupper()


def _in_capitals(clean: str, start: int, end: int) -> bool:
    """Whether the words around are in capitals too, as in a headline; a lone one is an abbreviation."""
    around = clean[max(0, start - 30) : start].rpartition("\n")[2] + clean[end : end + 30].partition("\n")[0]
    letters = [letter for letter in around if letter.isalpha()]
    return len(letters) > 5 and sum(map(str.isupper, letters)) > 0.8 * len(letters)


def _us_towns(clean: str, candidates: dict[tuple[int, int], list[Place]]) -> dict[str, str]:
    """Folded names of towns that the article places in a US state at least once ("Glasgow, Ky."), with the state."""
    towns = {}
    for (start, end), places in candidates.items():
        if places[0].alpha3 and places[0].via != "demonym" and (state := _us_state_after(clean, end)):
            if state == "GA" and any(place.alpha3 == "GEO" for place in places):  # Batumi, Georgia
                continue
            towns[fold(clean[start:end])] = state
    return towns


def _surnames(clean: str, candidates: dict[tuple[int, int], list[Place]]) -> set[str]:
    """Place names that are a person's surname in this article ("Bill Holland")."""
    return {
        fold(clean[start:end])
        for (start, end), places in candidates.items()
        if (places[0].ambiguous or places[0].strength < 2) and _after_given_name(clean, start)
    }


def _after_given_name(clean: str, start: int) -> bool:
    before = word_before(clean, start)
    low = before.lower().rstrip(".")
    if low in _PERSON_BEFORE:
        return low not in {"president", "king", "queen", "prince", "princess", "chief", "st", "saint", "san", "santa"}
    if len(before) < 3 or not before[0].isupper() or not before[1:].islower() or clean[start - 1] != " ":
        return False
    return low not in _BEFORE_PLACE and low not in _KNOWN_BEFORE and low not in _NO_GIVEN and low not in _PLACE_HEADS


def _plausible(clean: str, hit: Hit[Place], cased: bool) -> bool:
    surface = clean[hit.start : hit.end]
    place = hit.value
    if clean[hit.end : hit.end + 1] == "$":  # US$
        return False
    if place.cased:
        if place.cased in _WORDS_TOO and _in_capitals(clean, hit.start, hit.end):  # CAR BOMB KILLS FIVE
            return False
        if place.cased in _FIRMS_TOO and word_before(clean, hit.start)[:1].isupper():  # Eni SA
            return False
        text = clean[hit.start : hit.start + len(place.cased)]
        return text == place.cased and not (
            text in {"BC", "B.C."} and clean[max(0, hit.start - 2) : hit.start - 1].isdigit()
        )
    if not place.alpha3:
        return surface[:1].isupper() or not cased
    if len(surface) <= 2:
        return surface in {"US", "UK"} or surface.isupper()
    if surface.casefold() == "states":
        return (
            clean[max(0, hit.start - 4) : hit.start].lower() == "the "
            and not clean[hit.end : hit.end + 2].strip().isupper()
        )
    if (
        surface.isupper()
        and len(surface) <= _SHORT
        and place.via in {"city", "region"}
        and not (_in_capitals(clean, hit.start, hit.end) or _opens_dateline(clean, hit.start, hit.end))
    ):
        return False  # SWAT
    if surface in {"U.S", "U.K", "U.S.A", "U.A.E", "D.R.C", "USA"}:
        return True
    return surface[:1].isupper() or (not cased and place.strength == 2 and not place.ambiguous and len(surface) > 3)


def _us_state_after(clean: str, end: int) -> str:
    """The US state that follows a town: KY for ``Glasgow, Ky.``."""
    if clean[end : end + 1] != ",":
        return ""
    found = _STATE_AFTER.match(clean, end)
    return state_names().get(found.group(1).replace(" ", ""), "") if found else ""


def _inside_name(clean: str, start: int, end: int, place: Place) -> bool:
    """Whether the word is part of the name of a person, street or newspaper, or names a language."""
    before, after = word_before(clean, start), word_after(clean, end)
    if clean[end : end + 1] == " " and _names_a_thing(clean, end, after, place):
        return True
    low_before = before.lower().rstrip(".")
    byline = low_before == "by" and clean[start:end].isupper() and after.isupper() and len(after) > 1
    if byline and place.via != "demonym" and not _in_capitals(clean, start, end + len(after) + 1):  # BY CHAD SMITH
        return True
    if clean[start:end] in _GIVEN_NAMES and after[:1].isupper() and _given_name(clean, end, after):
        return True  # Finn Allen
    if place.via == "demonym" and _names_a_language(low_before, after, clean[end : end + 1]):
        return True
    if low_before in _PERSON_BEFORE and (place.ambiguous or place.via == "city") and place.via != "name":
        return True
    if low_before in {"mr", "mrs", "ms", "dr", "miss", "sir"}:
        return True
    if not place.ambiguous and place.strength == 2:
        return False
    return _behind_given_name(clean, start, before) or _before_surname(clean, end, after, place)


def _names_a_thing(clean: str, end: int, after: str, place: Place) -> bool:
    """Whether it continues as the name of a street, newspaper or company."""
    capital = after[:1].isupper()
    if capital and after.lower() in _THING_AFTER:
        return True
    return (capital and after.lower() in _STREETS and place.via != "demonym") or _STREET.match(clean, end) is not None


def _names_a_language(low_before: str, after: str, gap: str) -> bool:
    if low_before in _LANGUAGE_BEFORE or after.lower() in _LANGUAGE_AFTER:
        return True
    ends = not after[:1].islower() and gap != " "
    return low_before in {"in", "into"} and (ends or after.lower() in _CLAUSE_AFTER)


def _behind_given_name(clean: str, start: int, before: str) -> bool:
    """Whether the word before looks like a person's given name, or an initial."""
    if len(before) == 2 and before[1] == "." and before[0].isupper():
        return True
    low = before.lower().rstrip(".")
    if clean[start - 1 : start] != " " or not before[:1].isupper() or len(before) < 2:
        return False
    first_of_sentence = start - len(before) - 1 <= 0 or clean[max(0, start - len(before) - 3)] in '.!?\n"“'
    return not first_of_sentence and low not in _PLACE_HEADS and low not in _BEFORE_PLACE and low not in _KNOWN_BEFORE


def _before_surname(clean: str, end: int, after: str, place: Place) -> bool:
    """Whether the word after looks like a person's surname or activity."""
    if place.via not in {"city", "name", "region"}:
        return False
    if after.lower() in _PERSON_AFTER and place.strength < 2:
        return True
    if clean[end : end + 1] != " " or not after[:1].isupper() or after.lower() in _AFTER_PLACE:
        return False
    return place.strength < 2 or (place.ambiguous and _given_name(clean, end, after))


_KNOWN_BEFORE = word_list("countries.known_before")

_NO_SURNAME = word_list("countries.no_surname")


def _given_name(clean: str, end: int, after: str) -> bool:
    """Whether the next word looks like the surname after a given name ("Jordan Peele"), not a thing of the country."""
    return after not in _NO_SURNAME and not after.isupper() and len(after) > 2 and clean[end : end + 1] == " "


def _placed(clean: str, start: int, end: int) -> bool:
    """Whether an adjacent word marks it as a place."""
    before, after = word_before(clean, start).lower(), word_after(clean, end).lower()
    if before in _BEFORE_PLACE or after in _AFTER_PLACE:
        return True
    return _opens_dateline(clean, start, end)


def _opens_dateline(clean: str, start: int, end: int) -> bool:
    """Whether a line, or a sentence in capitals, begins with it as in "ZURICH, March 3 (Reuters) -"."""
    first = start == 0 or clean[start - 1] == "\n"
    capitals = clean[start:end].isupper() and clean[max(0, start - 2) : start - 1] in _ENDS
    return (first or capitals) and _DATELINE.match(clean, end, end + 80) is not None


def _congo(clean: str, mentions: list[Mention]) -> list[Mention]:
    """Read bare "Congo" as the Republic of the Congo if the article names Brazzaville and not Kinshasa."""
    if "Brazzaville" not in clean or "Kinshasa" in clean:
        return mentions
    return [
        mention._replace(alpha3="COG")
        if mention.alpha3 == "COD" and clean[mention.start : mention.end] in {"Congo", "Congolese"}
        else mention
        for mention in mentions
    ]


def countries(
    document: Document, mentions: list[Mention], officials: Sequence[Official], lead_end: int
) -> tuple[Country, ...]:
    """Group mentions by country, main countries first; ``lead_end`` is the clean offset of the end of the lead."""
    grouped: dict[str, list[CountryMention]] = defaultdict(list)
    for mention in mentions:
        span = document.span(mention.start, mention.end)
        grouped[mention.alpha3].append(
            CountryMention(in_=span.in_, start=span.start, end=span.end, text=span.text, via=mention.via)
        )
    ends = document.span(lead_end - 1, lead_end) if lead_end > document.body else None
    lead = ends.end if ends is not None else 0
    weight = weights(grouped, officials, lead, len(document.text))
    main = main_states(weight, grouped, officials, lead)
    found = [
        Country(alpha3=alpha3, salience="main" if alpha3 in main else "mentioned", mentions=tuple(own))
        for alpha3, own in grouped.items()
    ]
    found.sort(key=lambda country: (country.salience != "main", -weight[country.alpha3]))
    return tuple(found)
