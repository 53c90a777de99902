"""American local news: how to recognise it, and which "Paris" or "Lebanon" in it is a US town.

The local press seldom names its state, so names of local institutions decide: "Paris police", "Guernsey County".
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from streams.extraction.text.folding import fold
from streams.extraction.text.words import place_list

if TYPE_CHECKING:
    from streams.extraction.places.mention import Mention

_READ = 8000  # characters searched for cues
_ENOUGH = 3  # kinds of cue needed
#: Each pattern is one kind of cue and counts once.
_CUES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b[A-Z][a-z]+ County\b",
        r"\(\d{3}\) ?\d{3}-\d{4}|\b\d{3}-\d{3}-\d{4}\b",
        r"\b[Ss]heriff|\b[Dd]eput(?:y|ies) (?:found|arrest|said|were|responded|[Ss]heriff)",
        (
            r"\b(?:Circuit|Superior|District|Common Pleas|Municipal|Magistrate) (?:Court|Judge)\b"
            r"|\b[Dd]istrict [Aa]ttorney|\bgrand jury|\bfelony|\bmisdemeanor"
        ),
        r"\b(?:Police|Fire) (?:Department|Chief)\b|\bpolice chief\b|\bstate trooper",
        r"\b(?:High|Middle|Elementary) School\b|\b[Ss]chool (?:[Dd]istrict|[Bb]oard)|\b[Ss]uperintendent",
        r"\b(?:Interstate|Highway|Route|U\.S\.) \d+|\bI-\d+",
        (
            r"\b[Cc]ity (?:[Cc]ouncil|[Mm]anager|[Cc]ommission)|\b[Cc]ouncil(?:man|woman)|\b[Aa]lder(?:man|woman|men)\b"
            r"|\b[Ss]elect(?:man|men|woman)\b|\b[Tt]ownship\b"
        ),
        r"\b(?:Rep|Sen|Gov)\. [A-Z]|\bstatehouse\b|\bstate (?:Senate|House|legislature)",
        r"\d [ap]\.m\.",
        r"\$\d",
    )
)
_ELSEWHERE = re.compile(
    r"[£€]|\b[Cc]ouncillor|\bCllr\b|\bMPs?\b|\bPC [A-Z]|\b[Cc]onstable\b|\b[Ll]abour\b|\bCrown\b|\bmetres\b"
    r"|\bkilomet|\bcentre\b|\bcolour\b"
)
_TOWNS_OWN = re.compile(
    r"(?:'s|’s)? (?:resident|man|woman|couple|teen|native|police|Police|Fire|firefighters|High|Middle"
    r"|Elementary|elementary|School|school|[Cc]ity|[Mm]ayor|[Cc]ouncil|boys|girls|officers?|officials|Township|Public|Independent|motorcyclist"
    r"|\(AP\)|--|—)"
)
_OF_THE_TOWN = re.compile(r"(?:\d{1,3}, of|[A-Z][a-z]+ of|resident of|in downtown) $")
_COUNTY = re.compile(r"(?:-[A-Z][a-z]+)? County\b")
#: States outside the USA and Canada whose counties are named in this word order.
_COUNTIES = frozenset({"KEN", "LBR", "NOR", "SWE", "EST", "HUN", "HRV", "ROU", "TWN", "IRN", "CHN", "LTU", "IRL"})


def is_american(clean: str) -> bool:
    """Whether an article names institutions of American towns and counties, and no others."""
    sample = clean[:_READ]
    return sum(1 for cue in _CUES if cue.search(sample)) >= _ENOUGH and not _ELSEWHERE.search(sample)


def american_towns(clean: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions, with foreign names reinterpreted where they name towns and counties of the USA or Canada.

    Applies only if nothing else in the article points to the foreign state.
    """
    by_state: dict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        by_state[mention.alpha3].append(mention)
    weights = Counter(mention.alpha3 for mention in mentions if mention.alpha3 in {"USA", "CAN"})
    home = "CAN" if weights["CAN"] > weights["USA"] else "USA"
    reinterpreted: dict[Mention, Mention] = {}
    for alpha3, own in by_state.items():
        if alpha3 in {"USA", "CAN"}:
            continue
        counties = [mention for mention in own if _COUNTY.match(clean, mention.end)]
        surfaces = {fold(clean[mention.start : mention.end]) for mention in own}
        # is_american comes last: it takes a tenth of the time of reading an article and is seldom needed.
        if (alpha3 not in _COUNTIES and counties and len(surfaces) == 1) or (
            surfaces <= place_list("namesakes")
            and any(_is_town(clean, mention, home) for mention in own)
            and (home == "CAN" or is_american(clean))
        ):
            reinterpreted |= {mention: _town(mention, home) for mention in own}
    return [reinterpreted.get(mention, mention) for mention in mentions]


def _is_town(clean: str, mention: Mention, home: str) -> bool:
    if home == "USA" and mention.via != "name" and not mention.sure:
        return True
    return bool(
        _TOWNS_OWN.match(clean, mention.end) or _OF_THE_TOWN.search(clean[max(0, mention.start - 20) : mention.start])
    )


def _town(mention: Mention, home: str) -> Mention:
    return mention._replace(alpha3=home, via="city", sure=False)
