"""The class of an office, from what its title names: an office of a state, a province, a party or a company."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from streams.extraction.offices.candidates import Candidate, Reader
from streams.extraction.people.registry import Registry
from streams.extraction.places.gazetteer import state_names
from streams.extraction.places.mention import Mention
from streams.extraction.text.words import word_list

NEVER_PRIVATE = frozenset({"local", "legislator", "diplomat", "minister", "foreign_minister", "head_of_government"})
_PRESIDENTS = ("president", "president elect", "vice president", "vice president elect", "co president")
_SURELY_PUBLIC = frozenset({"igo", "security", "judiciary", "diplomat"})
#: A president by allegiance, not of the party: "Democratic President Roe".
_OF_A_PARTY = re.compile(r"\b(?:democratic|republican|conservative|socialist|labour|gop) presidents?\b")
_SERVING = (" to ", " for ", " of ")
_SERVED = frozenset(
    {
        "head_of_state",
        "head_of_government",
        "foreign_minister",
        "defence_minister",
        "minister",
        "legislator",
        "local",
        "igo",
    }
)
_POSSESSIVE = re.compile(r"([^\W\d_]\w+)['’]s ")
_SURNAME = re.compile(r"[^\W\d_a-z]\w+(?=\W*$)")
_SECRETARIES = frozenset({"foreign_minister", "defence_minister", "minister"})
_SUBSTATE = frozenset({"region", "city"})
_PORTFOLIOS = word_list("officials.portfolios")
_OF_A_STATE = word_list("roles.of_a_state")
_KNOWN_ENOUGH = 5  # known heads of a state; with as many, an unknown president there is a company's or a club's
_RANKS_OF_POLICE = frozenset({"officer", "deputy", "inspector", "investigator"})
_LOCAL_FORCE = frozenset(
    {"county", "city", "town", "village", "township", "state", "local", "chief", "senior", "first"}
)
_CENTRAL_BANK = re.compile(r"\bbank of\b|\b(?:central|reserve|national) bank\b|bundesbank|federal reserve")
CHANCELLORS = frozenset({"DEU", "AUT"})  # states whose head of government is a chancellor
_OF_FIRMS = re.compile(
    r"\b(?:senior|executive|associate|assistant|regional|group|corporate|marketing|sales) vice president"
)
_CAPITALISED = re.compile(r"[^\W\d_a-z][\w'’&.-]*")
_COMPLEMENT = re.compile(r"\W+(?:of|for|at|with|to)\b(.*)", re.DOTALL)


class Context(NamedTuple):
    """Facts about the whole article that the reading of an office uses.

    ``day`` is the article's, ``outlet`` the state where its outlet is at home; "" if unknown.
    """

    weights: Counter[str]
    police: bool
    registry: Registry
    day: str = ""
    outlet: str = ""

    @property
    def home(self) -> str | None:
        """The state that the article mentions most, else where its outlet is at home."""
        return self.weights.most_common(1)[0][0] if self.weights else self.outlet or None


def classify(
    candidate: Candidate, reader: Reader, context: Context, labels: Counter[str], private: bool, places: list[Mention]
) -> str | None:
    """The class of a candidate's office, or None if it is not public.

    ``labels`` and ``places`` are the public bodies and places in its title; ``private``: it names a private body.
    """
    head = candidate.head
    label = head.label
    if _is_president(candidate, reader) and _private_president(candidate, reader, context, private, labels, places):
        return None
    word = reader.folded[candidate.role_start : candidate.role_end]
    if label == "head_of_government" and "chancellor" in word:
        return _chancellor(candidate, reader, context, places)
    if heads_central_bank(candidate, reader, context):
        return "official"
    if "trade representative" in word:  # of cabinet rank in Washington alone
        american = {place.alpha3 for place in places} == {"USA"} if places else context.weights["USA"] > 0
        return "minister" if american else "official"
    public = bool(labels)
    substate = any(place.via in _SUBSTATE or place.state for place in places)
    if candidate.pattern == "party tag":
        return _legislature(candidate)
    if private and (head.weak or label not in NEVER_PRIVATE) and not labels.keys() & _SURELY_PUBLIC:
        return None
    ministerial = "minister" in word or "secretary" in word
    of_nobody = not (public or places or ministerial or serves_official(candidate, reader, context))
    if label == "official" and of_nobody and _of_a_firm(candidate, reader):
        return None
    if head.rank:
        return _armed(candidate, reader, context, labels)
    if label == "spokesperson" and not serves_official(candidate, reader, context):
        return "spokesperson" if public or places or not head.weak else _bare(candidate, context)
    if _is_european_commissioner(reader, word, labels, places):
        return "igo"
    if (
        head.weak
        and not public
        and label in {"official", "spokesperson"}
        and serves_official(candidate, reader, context)
    ):
        return label
    if head.weak and not public and not places and label not in {"party", "security"}:
        return _secretary(candidate, reader, context) or _unattached(candidate, reader, word)
    if "igo" in labels and (
        label in {"official", "igo", "head_of_state", "local", "judiciary"} or _sent_by_igo(candidate, reader, word)
    ):
        return "igo"
    if label == "head_of_state":
        return _head_of(labels, places, word)
    if label in {"head_of_government", "minister", "official"} and not head.weak:
        return "local" if _subnational(places) else label
    if label == "official":
        return _by_body(labels, substate, word)
    if label == "security" and head.weak:
        return "security" if labels["security"] or _is_rank(candidate, reader) else _by_body(labels, substate, word)
    if label == "local":
        return _local(candidate, reader, labels, word)
    if label == "igo":
        return _by_body(labels, substate, word) if public or places else None
    if label == "party" and "incumbent" in word and context.home == "USA":
        return "local"
    if label == "legislator" and (labels["local"] or "council" in word):
        return "local"
    return label


def _chancellor(candidate: Candidate, reader: Reader, context: Context, places: list[Mention]) -> str | None:
    """A chancellor heads a government in Berlin or Vienna, a treasury in London, a university elsewhere."""
    title = reader.folded[candidate.title_start : candidate.title_end]
    near = title + reader.folded[candidate.end : candidate.end + 40]
    country = places[0].alpha3 if places else None
    if country in CHANCELLORS:
        return "head_of_government"
    if "vice chancellor" in title or "universit" in near or "college" in near or "school" in near:
        return None
    known = {
        office.role_class
        for person in context.registry.of_surname(reader.clean[candidate.start : candidate.end])
        for office in person.offices
        if office.country in CHANCELLORS and office.role_class == "head_of_government"
    }
    if known or (CHANCELLORS & context.weights.keys() and not context.weights["GBR"]):
        return "head_of_government"
    return "minister" if "GBR" in {country, context.outlet} or context.weights["GBR"] or not context.weights else None


def heads_central_bank(candidate: Candidate, reader: Reader, context: Context) -> bool:
    """Whether the office is one of a central bank: "central bank president", "Federal Reserve Board chairman"."""
    if candidate.head.label not in {"official", "head_of_state", "local", "minister"}:
        return False
    title = reader.folded[candidate.title_start : candidate.title_end]
    found = _CENTRAL_BANK.search(title)
    if found is None or "european central" in title or "world bank" in title:
        return False
    if found[0] == "national bank":
        before = title[: found.start()].split()[-1:]
        return before != ["first"] and context.home != "USA"
    return found[0] != "bank of" or "governor" in title or "central" in title


def _sent_by_igo(candidate: Candidate, reader: Reader, word: str) -> bool:
    """Whether an international organisation precedes a vice president or an envoy: "EU Special Representative"."""
    if not ("vice president" in word or "envoy" in word or "representative" in word):
        return False
    before = reader.folded[candidate.role_start : candidate.head_start]
    return any(hit.value.label == "igo" for hit in reader.lexicon.bodies.hits(before))


def serves_official(candidate: Candidate, reader: Reader, context: Context) -> bool:
    """Whether the title names the official whom an aide serves: "Rahmon's spokesman", "adviser to the president"."""
    if of_known(candidate, reader, context) is not None:
        return True
    after = reader.folded[candidate.head_end : candidate.title_end]
    return after.startswith(_SERVING) and any(
        hit.value.label in _SERVED and not hit.value.weak and not hit.value.rank
        for hit in reader.lexicon.heads.hits(after)
    )


def of_known(candidate: Candidate, reader: Reader, context: Context) -> str | None:
    """The state of the known official that an aide works for: "Trump's top economic adviser"."""
    before = reader.clean[candidate.role_start : candidate.head_start]
    names = [found[1] for found in _POSSESSIVE.finditer(before)]
    if candidate.pattern != "complement" and reader.folded.startswith(_SERVING, candidate.head_end):
        after = reader.clean[candidate.head_end : candidate.title_end]
        names += _SURNAME.findall(after)[-1:]
    for name in names:
        for person in context.registry.of_surname(name):
            if person.famous and person.offices[0].country:
                return person.offices[0].country
    return None


def _is_european_commissioner(reader: Reader, word: str, labels: Counter[str], places: list[Mention]) -> bool:
    """ "Transport Commissioner" in an article about the European Commission."""
    if not word.strip().endswith("commissioner") or places or labels.keys() & {"security", "military", "party"}:
        return False
    return bool(_PORTFOLIOS & set(word.split())) and " european commission" in reader.folded


def _is_president(candidate: Candidate, reader: Reader) -> bool:
    return reader.folded[candidate.head_start : candidate.head_end].strip() in _PRESIDENTS


def _private_president(
    candidate: Candidate,
    reader: Reader,
    context: Context,
    private: bool,
    labels: Counter[str],
    places: list[Mention],
) -> bool:
    """Whether a president or vice president is a company's or a club's, not a state's, judging by the title."""
    if private:
        return not labels
    if _OF_FIRMS.search(reader.folded, candidate.role_start, candidate.role_end):
        return True
    name = reader.clean[candidate.start : candidate.end]
    if any(
        office.role_class in {"head_of_state", "minister"}
        for person in context.registry.of_surname(name)
        for office in person.offices
    ):
        return False
    if labels:
        return False
    before = reader.clean[candidate.role_start : candidate.head_start]
    named = [place for place in places if place.via in {"name", "demonym"} or place.start > candidate.head_end]
    if not named:
        owners = [word for word in _CAPITALISED.findall(before) if word.lower() not in reader.lexicon.modifiers]
        first_word = len(owners) == 1 and not owners[0].endswith(("'s", "’s")) and _opens_sentence(candidate, reader)
        if owners and not first_word:
            return True
        after = _COMPLEMENT.match(reader.clean[candidate.head_end : candidate.title_end])
        if after and (_CAPITALISED.search(after[1]) or "company" in after[1]):
            return not _OF_A_STATE & set(after[1].lower().split())
        country = context.home
    else:
        country = named[0].alpha3
    return country is not None and context.registry.heads_of_state(country) >= _KNOWN_ENOUGH and country == "USA"


def _of_a_firm(candidate: Candidate, reader: Reader) -> bool:
    """Whether the complement is neither a place nor a public body: "for Walgreens"."""
    after = _COMPLEMENT.match(reader.clean[candidate.head_end : candidate.title_end])
    return after is not None and _CAPITALISED.search(after[1]) is not None


def _opens_sentence(candidate: Candidate, reader: Reader) -> bool:
    return candidate.role_start == reader.bounds[candidate.sentence][0]


def _is_rank(candidate: Candidate, reader: Reader) -> bool:
    """Whether "Officer" or "Deputy" with a name is a police rank, not a title such as housing officer."""
    title = reader.clean[candidate.role_start : candidate.role_end].split()
    if candidate.pattern != "before" or not title or title[-1].lower() not in _RANKS_OF_POLICE:
        return False
    others = {word.lower() for word in title[:-1]} - _LOCAL_FORCE
    return title[-1][0].isupper() and not others & reader.lexicon.modifiers


def _armed(candidate: Candidate, reader: Reader, context: Context, labels: Counter[str]) -> str:
    """The class of a rank that exists both in the police and in armies."""
    near = labels["security"] or _police_near(candidate, reader)
    return "security" if near or (context.police and "military" not in labels) else "military"


def _secretary(candidate: Candidate, reader: Reader, context: Context) -> str | None:
    """The class of a "Secretary Roe" whom the registry knows as one."""
    if reader.clean[candidate.role_start : candidate.role_end].strip() != "Secretary":
        return None
    for person in context.registry.of_surname(reader.clean[candidate.start : candidate.end]):
        for office in person.offices:
            in_office = not context.day or office.held_on(context.day)
            if office.country == "USA" and office.role_class in _SECRETARIES and in_office:
                return office.role_class
    return None


def _unattached(candidate: Candidate, reader: Reader, word: str) -> str | None:
    """The class of a word that is an office only with a body or place, and here has neither."""
    if candidate.head.label == "local" and (candidate.pattern == "before" or " school" in reader.folded):
        return "local"
    if candidate.head.label == "igo" and candidate.pattern == "before" and "secretary" in word:
        return "igo"
    return None


def _head_of(labels: Counter[str], places: list[Mention], word: str) -> str:
    """The class of a president, by the body or place presided over."""
    if "legislator" in labels:
        return "legislator"
    if "judiciary" in labels:
        return "judiciary"
    if "local" in labels and "state" not in word.split():
        return "local"
    if "party" in labels and not places and not _OF_A_PARTY.search(word):
        return "party"
    return "head_of_state"


def _local(candidate: Candidate, reader: Reader, labels: Counter[str], word: str) -> str:
    if labels["security"] and candidate.head.weak:
        return "security"
    around = reader.folded[max(0, candidate.title_start - len("bank of ")) : candidate.title_end]
    return "official" if "governor" in word and _CENTRAL_BANK.search(around) else "local"


def _bare(candidate: Candidate, context: Context) -> str | None:
    return "spokesperson" if context.police and candidate.pattern == "before" else None


def _by_body(labels: Counter[str], substate: bool, word: str) -> str | None:
    if "leader" in word.split():
        if labels["legislator"]:
            return "legislator"
        if labels["local"]:
            return "local"
        return "party" if labels["party"] else "head_of_state" if not substate else None
    for label in ("igo", "diplomat", "legislator", "judiciary", "security"):
        if labels[label]:
            return label
    if labels["military"]:
        return "military"
    if labels["party"] and not labels["official"]:
        return "party"
    if labels["national"]:
        return "official"
    if substate or (labels["local"] and not labels["official"]):
        return "local" if labels or "official" in word else None
    return "official" if labels["official"] or "official" in word or "adviser" in word else None


def _subnational(places: list[Mention]) -> bool:
    return any((place.via == "region" or place.state) for place in places) and not any(
        place.via in {"name", "demonym"} for place in places
    )


def _legislature(candidate: Candidate) -> str:
    district = candidate.district.rstrip(". ").replace(" ", "")
    names = state_names()
    return "legislator" if district in names or f"{district}." in names or len(district) <= 2 else "local"


def _police_near(candidate: Candidate, reader: Reader) -> bool:
    start, end = reader.bounds[candidate.sentence]
    text = reader.folded[start:end]
    return any(
        word in text
        for word in (
            " police",
            "sheriff",
            "patrol",
            "trooper",
            "constab",
            "detective",
            "deputies",
            "fire depart",
            "fire ",
        )
    )
