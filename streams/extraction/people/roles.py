"""The reading of an office: its class, the state or organisation served, and whether it is public."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from streams.extraction.offices.candidates import Candidate, Reader
from streams.extraction.offices.office_terms import OfficeTerm
from streams.extraction.organisations import state_of
from streams.extraction.people.role_classes import (
    CHANCELLORS,
    NEVER_PRIVATE,
    Context,
    classify,
    heads_central_bank,
    of_known,
)
from streams.extraction.places.mention import Mention
from streams.extraction.text.lexicon import Hit, longest
from streams.extraction.text.words import word_list

_BRITISH = word_list("roles.british")
_ONLY_AMERICAN = word_list("roles.only_american")
_AMERICAN = word_list("roles.american")
_ONE_WORD = word_list("roles.bodies_of_one_word")
_POLICE_INITIALS = re.compile(r"\b[A-Z]{1,3}PD\b")
_STATEHOUSE = re.compile(
    r"\bstate (?:Senate|House|Rep|Sen|legislat|budget|lawmaker)|\bstatehouse|\bLegislature\b|\bGov\. |\b[Gg]overnor\b"
)
_CAPITOL_HILL = re.compile(
    r"\bCongress\b|\bcongress(?:ional|man|woman)|\bU\.?S\.? (?:Rep|Sen|House)|\bCapitol Hill|\bWashington\b"
)
_PROVINCIAL = re.compile(
    r"\b(?:the|this) province\b|\bprovincial\b|\bPremier\b|\bstate government\b|\bacross the state\b"
)
_FEDERAL = re.compile(r"\b[Ff]ederal\b|\bPrime Minister\b|\bOttawa\b|\bCanberra\b|\bNew Delhi\b")
#: "arrived in Astana", "will visit Uzbekistan", "met Chinese lawmakers": from the name to the place.
_GOES = re.compile(
    r"(?:,[^,.]{1,40},)? ?(?:has |had |will |is to |is |was |to |also |later |then )*"
    r"(?:(?:arriv|land|touch)\w* (?:down )?(?:in|at)|visit\w*"
    r"|(?:fl[ie]\w+|flew|travel\w*|head\w*|went|go(?:es|ing)?) to"
    r"|(?:paid|pays|pay|mak\w+|made|began|begins|ended|ends|on) an? (?:\w+ ){0,3}(?:visit|trip) to"
    r"|(?P<met>met|meets|meet|hosts|hosted|receives|received|welcomed|welcomes)(?: with)?"
    r"|(?:held|holds) (?:\w+ )?talks (?:with|in)) (?:the |his |her )?"
)
_NEAR = 120  # characters read after a name
_TRAVELLERS = frozenset(
    {
        "head_of_state",
        "head_of_government",
        "foreign_minister",
        "defence_minister",
        "minister",
        "legislator",
        "official",
    }
)
_DEPUTY = re.compile(r"\b(?:vice|deputy)\b", re.IGNORECASE)
_FEDERATIONS = frozenset({"AUS", "CAN", "IND"})


class Office(NamedTuple):
    """An office as the article gives it; ``sure`` decreases with the distance between title and name."""

    role: str
    role_class: str
    country: str | None
    organisation: str | None
    former: bool
    sure: float
    placed: bool = False


def read_office(candidate: Candidate, reader: Reader, context: Context) -> Office | None:
    """The office of a candidate, or None if it is not public."""
    start, end = candidate.title_start, candidate.title_end
    folded = reader.folded[start:end]
    places = reader.page.places_in(start, end)
    bodies = [
        hit
        for hit in longest(reader.lexicon.bodies.hits(folded))
        if hit.value.kind == "body"
        or not any(place.start <= hit.start + start and hit.end + start <= place.end for place in places)  # West Bank
    ]
    labels = Counter(hit.value.label for hit in bodies if hit.value.kind == "body")
    if _POLICE_INITIALS.search(reader.clean, start, end):
        labels["security"] += 1
    private = any(hit.value.kind == "private" for hit in bodies)
    banker = private and heads_central_bank(candidate, reader, context)
    if private and not banker and _ends_private(folded, bodies) and candidate.head.label not in NEVER_PRIVATE:
        return None
    role_class = classify(candidate, reader, context, labels, private, places)
    if role_class is None:
        return None
    role = " ".join(reader.clean[candidate.role_start : candidate.role_end].split()).strip(" ,-–—")
    organisation = _organisation(reader, start, bodies)
    if _serves_igo(role_class, labels, places):
        return Office(role, role_class, None, organisation, candidate.former, _sure(candidate), placed=True)
    country = (
        _named_country(candidate, reader, places)
        or state_of(reader.page.document, start, end)
        or of_known(candidate, reader, context)
    )
    placed = country is not None
    if role_class == "minister" and not placed and context.home in _FEDERATIONS and _is_provincial(reader):
        role_class = "local"
    if role_class == "legislator" and not placed and context.home == "USA" and _is_statehouse(candidate, reader):
        role_class = "local"
    country = country or _likely_country(candidate, reader, context)
    if role_class == "minister" and country in CHANCELLORS and role.lower().endswith("chancellor"):
        role_class = role_class if _DEPUTY.search(role) else "head_of_government"
    return Office(role, role_class, country, organisation, candidate.former, _sure(candidate), placed)


def _ends_private(folded: str, bodies: list[Hit[OfficeTerm]]) -> bool:
    """Whether the last body is private and the others only qualify it: "the prison guard union"."""
    last = bodies[-1]
    if last.value.kind != "private":
        return False
    before = folded[bodies[-2].end : last.start].split() if len(bodies) > 1 else []
    return not {"of", "for", "in", "at", "and", "the"} & set(before) and len(before) <= 3


def _is_provincial(reader: Reader) -> bool:
    """Whether an article's ministers are provincial: it mentions a province and nothing federal."""
    return _PROVINCIAL.search(reader.clean) is not None and _FEDERAL.search(reader.clean) is None


def _is_statehouse(candidate: Candidate, reader: Reader) -> bool:
    """Whether a legislator sits in a state legislature: the article is about one, and not about Congress."""
    if candidate.pattern == "party tag":
        return False
    return _STATEHOUSE.search(reader.clean) is not None and _CAPITOL_HILL.search(reader.clean) is None


def _sure(candidate: Candidate) -> float:
    base = {
        "before": 0.95,
        "comma": 0.9,
        "apposition": 0.9,
        "complement": 0.8,
        "party tag": 0.9,
        "verb": 0.75,
    }
    return round(base[candidate.pattern] - (0.2 if candidate.head.weak else 0.0), 2)


def _serves_igo(role_class: str, labels: Counter[str], places: list[Mention]) -> bool:
    if role_class == "igo":
        return True
    return role_class == "spokesperson" and bool(labels["igo"]) and not places


def _named_country(candidate: Candidate, reader: Reader, places: list[Mention]) -> str | None:
    """The state that the title names: "Iraqi", "of Armenia"; for an envoy, not the country they are posted to."""
    own = [place for place in places if place.start < candidate.role_start + 60]
    if candidate.head.country:
        named = [place for place in own if place.via in {"name", "demonym"}]
        return named[0].alpha3 if named else candidate.head.country
    if candidate.head.label == "diplomat":
        own = [
            place
            for place in places
            if place.start < candidate.head_start
            or not re.search(r"\b(?:to|in)(?: the)? ?$", reader.folded[max(0, place.start - 8) : place.start])
        ]
    national = [place for place in own if place.via in {"name", "demonym"}] or own
    return national[0].alpha3 if national else None


def _likely_country(candidate: Candidate, reader: Reader, context: Context) -> str | None:
    """The likely state for a title that names none: from the title's word, the sentence, or the article."""
    word = reader.folded[candidate.role_start : candidate.role_end].strip(" .")
    if any(word.endswith(title) for title in _ONLY_AMERICAN) or word == "secretary":
        return "USA"
    if any(word.endswith(title) for title in _BRITISH) and not context.weights.keys() & {"HKG"}:
        return "GBR"
    if any(word.endswith(title) for title in _AMERICAN) and (context.weights["USA"] or not context.weights):
        return "USA"
    hosts = _hosts(candidate, reader)
    if hosts and (others := Counter({state: n for state, n in context.weights.items() if state not in hosts})):
        return others.most_common(1)[0][0]
    if hosts and context.outlet not in hosts:
        return context.outlet or None
    return context.home


def _hosts(candidate: Candidate, reader: Reader) -> set[str]:
    """The states that the sentence sends the official to, or whose people he meets: not the official's own."""
    end = reader.bounds[candidate.sentence][1]
    first = max(candidate.end, candidate.title_end)
    found = _GOES.match(reader.clean, first, min(end, first + _NEAR))
    if found is None or candidate.head.label not in _TRAVELLERS:
        return set()
    return {
        place.alpha3
        for place in reader.page.places_in(found.end(), found.end() + 2)
        if place.via in {"name", "capital"} or (place.via == "demonym" and found["met"])
    }


def _organisation(reader: Reader, start: int, bodies: list[Hit[OfficeTerm]]) -> str | None:
    """The longest name of a public body in the title: "State Department", "UN"; not just "State" or "City"."""
    names = [
        " ".join(reader.clean[start + hit.start : start + hit.end].split())
        for hit in bodies
        if hit.value.kind == "body"
    ]
    proper = [name for name in names if name[0].isupper() and (" " in name or name.isupper() or name in _ONE_WORD)]
    return max(proper, key=len, default=None)
