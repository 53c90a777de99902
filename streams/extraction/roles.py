"""What an office is: its class, the state or organisation served, and whether it is public at all."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from streams.extraction.gazetteer import state_names
from streams.extraction.lexicon import Hit, longest
from streams.extraction.mention import Mention
from streams.extraction.offices import OfficeTerm
from streams.extraction.officials import Candidate, Reader
from streams.extraction.organisations import state_of
from streams.extraction.registry import Registry
from streams.extraction.words import word_list

_BRITISH = word_list("roles.british")
_AMERICAN = word_list("roles.american")
_NEVER_PRIVATE = frozenset({"local", "legislator", "diplomat", "minister", "foreign_minister", "head_of_government"})
_PRESIDENTS = ("president", "president elect", "vice president", "vice president elect", "co president")
_SURELY_PUBLIC = frozenset({"igo", "security", "judiciary", "diplomat"})
_ONE_WORD = word_list("roles.bodies_of_one_word")
_SUBSTATE = frozenset({"region", "city"})
_OF_A_STATE = word_list("roles.of_a_state")
_KNOWN_ENOUGH = 5  # heads of a state in the registry; then another president there is a company's or a club's
_RANKS_OF_POLICE = frozenset({"officer", "deputy", "inspector", "investigator"})
_LOCAL_FORCE = frozenset(
    {"county", "city", "town", "village", "township", "state", "local", "chief", "senior", "first"}
)
_POLICE_INITIALS = re.compile(r"\b[A-Z]{1,3}PD\b")
_CENTRAL_BANK = re.compile(r"\bbank of\b|\b(?:central|reserve|national) bank\b")
_CAPITALISED = re.compile(r"[^\W\d_a-z][\w'’&.-]*")
_COMPLEMENT = re.compile(r"\W+(?:of|for|at|with|to)\b(.*)", re.DOTALL)
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
_FEDERATIONS = frozenset({"AUS", "CAN", "IND"})


class Office(NamedTuple):
    """An office as the article gives it; ``sure`` falls with the distance between title and name."""

    role: str
    role_class: str
    country: str | None
    organisation: str | None
    former: bool
    sure: float
    placed: bool = False


class Context(NamedTuple):
    """What an office's reading takes from the whole article; ``day``: of the article, "" where it is unknown."""

    weights: Counter[str]
    police: bool
    registry: Registry
    day: str = ""

    @property
    def home(self) -> str | None:
        """The state that the article speaks of most."""
        return self.weights.most_common(1)[0][0] if self.weights else None


def read_office(candidate: Candidate, reader: Reader, context: Context) -> Office | None:
    """The office of a candidate, or None when it is no public one."""
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
    if private and _ends_private(folded, bodies) and candidate.head.label not in _NEVER_PRIVATE:
        return None
    role_class = _role_class(candidate, reader, context, labels, private, places)
    if role_class is None:
        return None
    role = " ".join(reader.clean[candidate.role_start : candidate.role_end].split()).strip(" ,")
    organisation = _organisation(reader, start, bodies)
    if _serves_igo(role_class, labels, places):
        return Office(role, role_class, None, organisation, candidate.former, _sure(candidate), placed=True)
    country = (
        _named_country(candidate, reader, places)
        or state_of(reader.page.document, start, end)
        or _of_known(candidate, reader, context)
    )
    placed = country is not None
    if role_class == "minister" and not placed and context.home in _FEDERATIONS and _is_provincial(reader):
        role_class = "local"
    if role_class == "legislator" and not placed and context.home == "USA" and _is_statehouse(candidate, reader):
        role_class = "local"
    return Office(
        role,
        role_class,
        country or _likely_country(candidate, reader, context),
        organisation,
        candidate.former,
        _sure(candidate),
        placed,
    )


def _ends_private(folded: str, bodies: list[Hit[OfficeTerm]]) -> bool:
    """Whether the last body named is a private one that the others only qualify: "the prison guard union"."""
    last = bodies[-1]
    if last.value.kind != "private":
        return False
    before = folded[bodies[-2].end : last.start].split() if len(bodies) > 1 else []
    return not {"of", "for", "in", "at", "and", "the"} & set(before) and len(before) <= 3


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
    """Whether a president or vice president is a company's or a club's, not a state's: by what the title names."""
    if private:
        return not labels
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
    """Whether the complement names something that is neither a place nor a public body: "for Walgreens"."""
    after = _COMPLEMENT.match(reader.clean[candidate.head_end : candidate.title_end])
    return after is not None and _CAPITALISED.search(after[1]) is not None


def _opens_sentence(candidate: Candidate, reader: Reader) -> bool:
    return candidate.role_start == reader.bounds[candidate.sentence][0]


def _is_rank(candidate: Candidate, reader: Reader) -> bool:
    """Whether "Officer" or "Deputy" beside a name is a rank of the police, not a housing officer's title."""
    title = reader.clean[candidate.role_start : candidate.role_end].split()
    if candidate.pattern != "before" or not title or title[-1].lower() not in _RANKS_OF_POLICE:
        return False
    others = {word.lower() for word in title[:-1]} - _LOCAL_FORCE
    return title[-1][0].isupper() and not others & reader.lexicon.modifiers


def _of_known(candidate: Candidate, reader: Reader, context: Context) -> str | None:
    """The state of a known official whose aide this is: "Trump's top economic adviser"."""
    for found in re.finditer(r"([^\W\d_]\w+)['’]s ", reader.clean[candidate.role_start : candidate.head_start]):
        for person in context.registry.of_surname(found[1]):
            if person.famous and person.offices[0].country:
                return person.offices[0].country
    return None


def _is_provincial(reader: Reader) -> bool:
    """Whether the ministers of an article are those of a province: it speaks of one, and of nothing federal."""
    return _PROVINCIAL.search(reader.clean) is not None and _FEDERAL.search(reader.clean) is None


def _is_statehouse(candidate: Candidate, reader: Reader) -> bool:
    """Whether a legislator sits in a state's house: the article is about one, and not about Congress."""
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


def _role_class(
    candidate: Candidate, reader: Reader, context: Context, labels: Counter[str], private: bool, places: list[Mention]
) -> str | None:
    head = candidate.head
    label = head.label
    if _is_president(candidate, reader) and _private_president(candidate, reader, context, private, labels, places):
        return None
    word = reader.folded[candidate.role_start : candidate.role_end]
    public = bool(labels)
    substate = any(place.via in _SUBSTATE or place.state for place in places)
    if candidate.pattern == "party tag":
        return _legislature(candidate)
    if private and (head.weak or label not in _NEVER_PRIVATE) and not labels.keys() & _SURELY_PUBLIC:
        return None
    ministerial = "minister" in word or "secretary" in word
    if label == "official" and not (public or places or ministerial) and _of_a_firm(candidate, reader):
        return None
    if head.rank:
        return _armed(candidate, reader, context, labels)
    if label == "spokesperson":
        return "spokesperson" if public or places or not head.weak else _bare(candidate, context)
    if head.weak and not public and not places and label not in {"party", "security"}:
        return _unattached(candidate, reader, word)
    if "igo" in labels and label in {"official", "igo", "head_of_state", "local", "judiciary"}:
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


def _armed(candidate: Candidate, reader: Reader, context: Context, labels: Counter[str]) -> str:
    """The class of a rank that both the police and an army have."""
    near = labels["security"] or _police_near(candidate, reader)
    return "security" if near or (context.police and "military" not in labels) else "military"


def _unattached(candidate: Candidate, reader: Reader, word: str) -> str | None:
    """The class of a word that is an office beside a body or place only, and has neither."""
    if candidate.head.label == "local" and (candidate.pattern == "before" or " school" in reader.folded):
        return "local"
    if candidate.head.label == "igo" and candidate.pattern == "before" and "secretary" in word:
        return "igo"
    return None


def _head_of(labels: Counter[str], places: list[Mention], word: str) -> str:
    """The class of a president, by what is presided over."""
    if "legislator" in labels:
        return "legislator"
    if "judiciary" in labels:
        return "judiciary"
    if "local" in labels and "state" not in word.split():
        return "local"
    return "party" if "party" in labels and not places else "head_of_state"


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


def _serves_igo(role_class: str, labels: Counter[str], places: list[Mention]) -> bool:
    if role_class == "igo":
        return True
    return role_class == "spokesperson" and bool(labels["igo"]) and not places


def _named_country(candidate: Candidate, reader: Reader, places: list[Mention]) -> str | None:
    """The state that the title itself names: "Iraqi", "of Armenia"; for an envoy not the one he is sent to."""
    own = [place for place in places if place.start < candidate.role_start + 60]
    if candidate.head.country:
        named = [place for place in own if place.via in {"name", "demonym"}]
        return named[0].alpha3 if named else candidate.head.country
    if candidate.head.label == "diplomat":
        own = [
            place
            for place in places
            if not re.search(r"\b(?:to|in)(?: the)? ?$", reader.folded[max(0, place.start - 8) : place.start])
        ]
    national = [place for place in own if place.via in {"name", "demonym"}] or own
    return national[0].alpha3 if national else None


def _likely_country(candidate: Candidate, reader: Reader, context: Context) -> str | None:
    """The state that a title without one stands for: by the title's word, the sentence, the article."""
    word = reader.folded[candidate.role_start : candidate.role_end].strip(" .")
    if any(word.endswith(title) for title in _BRITISH) and not context.weights.keys() & {"HKG"}:
        return "GBR"
    if any(word.endswith(title) for title in _AMERICAN) and (context.weights["USA"] or not context.weights):
        return "USA"
    return context.home


def _organisation(reader: Reader, start: int, bodies: list[Hit[OfficeTerm]]) -> str | None:
    """The longest name of a public body in the title: "State Department", "UN"; not a bare "State" or "City"."""
    names = [
        " ".join(reader.clean[start + hit.start : start + hit.end].split())
        for hit in bodies
        if hit.value.kind == "body"
    ]
    proper = [name for name in names if name[0].isupper() and (" " in name or name.isupper() or name in _ONE_WORD)]
    return max(proper, key=len, default=None)
