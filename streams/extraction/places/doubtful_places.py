"""Terms that mean several places, or a place only with support: resolved from an article's certain mentions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from streams.extraction.places.gazetteer import Place
from streams.extraction.places.mention import Mention

_US_CUE = re.compile(
    r"\b(?:Gov\.|Sens?\.|Reps?\.|state Senate|state senator|GOP|Republicans?|Democrats?|Democratic|[Ss]heriff's"
    r"|County (?:Sheriff|Commission|Board|Council|Attorney|Coroner|Jail)|Interstate \d|I-\d\d"
    r"|U\.?S\.? (?:Route|Highway)|[Ss]chool [Dd]istrict|School Committee|[Ss]electm[ae]n|City Council|Congress"
    r"|Medicaid|Medicare)"
)
_CAUCASUS_CUE = re.compile(r"Tbilisi|Saakashvili|Ossetia|Abkhaz|Caucasus|Ivanishvili|Rose Revolution|NATO")
_OFFICE_IN_GEORGIA = re.compile(
    r"(?:Republicans?|Democrats?|Rep\.|Sen\.|Gov\.|D-|R-)[^.]{0,25}Georgia"
    r"|Georgia(?:['’]s)? (?:Republican|Democrat|Senate|Sen\.|Gov\.|[Gg]overnor|[Ss]ecretary of [Ss]tate|[Ll]egislature)"
)
_SOUTHERN_CUE = re.compile(r"Atlanta|Ga\.|Savannah|Augusta")
_BEGINNING = 8000
"""Characters of an article searched for cues of the USA."""
_WORLD_CITY = 3_000_000
"""A foreign city with at least this many inhabitants is never read as an American town of the same name."""


class Doubt(NamedTuple):
    """A term, the places that it may mean (the usual one first), and whether adjacent words mark it as a place."""

    start: int
    end: int
    places: Sequence[Place]
    placed: bool


def settled(clean: str, sure: Sequence[Mention], doubts: Iterable[Doubt], home: str = "") -> list[Mention]:
    """The doubtful terms that are references to a country, given the certain mentions and the outlet's ``home``."""
    around = _Around(clean, sure, home)
    found = [mention for doubt in doubts if (mention := around.settle(doubt)) is not None]
    if not sure and not found:
        found = [Mention(cue.start(), cue.end(), "USA", "region", False) for cue in _US_CUE.finditer(clean)]
    return found


class _Around:
    """The context of a doubtful term: what else the article is about."""

    def __init__(self, clean: str, sure: Sequence[Mention], home: str) -> None:
        self._clean = clean
        self._votes = Counter(mention.alpha3 for mention in sure)
        self._home = home
        self._states = sum(1 for mention in sure if mention.state)
        self._itself = sum(1 for mention in sure if mention.alpha3 == "USA" and not mention.state)

    @cached_property
    def _american(self) -> int:
        """The number of references to the USA."""
        return self._votes["USA"] + len(_US_CUE.findall(self._clean[:_BEGINNING]))

    @property
    def _local(self) -> int:
        """The number of references to US states and towns, without those to the country itself."""
        return self._american - self._itself

    def settle(self, doubt: Doubt) -> Mention | None:
        """The reference that the term makes, or None."""
        first = doubt.places[0]
        if self._clean.startswith("Georgia", doubt.start, doubt.end):
            return self._georgia(doubt)
        if first.strength == 2 and first.via in {"city", "capital", "region"}:
            return self._well_known(doubt, first)
        if first.state and first.cased:
            return self._state_by_abbreviation(doubt, first)
        present = [place for place in doubt.places if self._votes[place.alpha3]]
        if present:
            return _mention(doubt, max(present, key=lambda place: (place.people, self._votes[place.alpha3])))
        if at_home := self._at_home(doubt):
            return at_home
        if first.via == "region" and len(doubt.places) > 1 and not first.ambiguous and not first.state:
            return Mention(doubt.start, doubt.end, first.alpha3, "region", False)
        return self._by_words_beside_it(doubt) if doubt.placed and doubt.end - doubt.start > 3 else None

    def _at_home(self, doubt: Doubt) -> Mention | None:
        """A place of the state where the outlet is, as local news names it: without the state."""
        own = next((place for place in doubt.places if place.alpha3 == self._home), None)
        if own is None or own.ambiguous or doubt.end - doubt.start <= 3:
            return None
        return _mention(doubt, own)

    def _georgia(self, doubt: Doubt) -> Mention:
        near = self._clean[max(0, doubt.start - 40) : doubt.end + 30]
        own = self._votes["GEO"] + (self._home == "GEO")
        caucasus = self._votes["RUS"] + 3 * own + 3 * bool(_CAUCASUS_CUE.search(self._clean))
        southern = self._states + 3 * bool(_SOUTHERN_CUE.search(self._clean)) + (self._home == "USA")
        if southern > caucasus or (not own and _OFFICE_IN_GEORGIA.search(near)):
            return Mention(doubt.start, doubt.end, "USA", "region", True)
        return Mention(doubt.start, doubt.end, "GEO", "name", True)

    def _well_known(self, doubt: Doubt, first: Place) -> Mention:
        """Melbourne, Athens: the foreign city, unless everything else is American."""
        named = bool(self._votes[first.alpha3])
        local = self._local >= (3 if first.via == "capital" else 1)
        if local and not named and first.alpha3 != "USA" and first.people < _WORLD_CITY:
            return Mention(doubt.start, doubt.end, "USA", "city", False)
        return Mention(doubt.start, doubt.end, first.alpha3, first.via, named)

    def _state_by_abbreviation(self, doubt: Doubt, first: Place) -> Mention | None:
        """ "Wis." without a known town: after a comma, or as in (R-Wis.)."""
        before = self._clean[max(0, doubt.start - 2) : doubt.start]
        if before in {", ", "(R"} or before.endswith("-"):
            return Mention(doubt.start, doubt.end, "USA", "region", True, first.state)
        return None

    def _by_words_beside_it(self, doubt: Doubt) -> Mention | None:
        first = doubt.places[0]
        at_home = next((place for place in doubt.places if place.alpha3 == "USA"), None) if self._american else None
        if at_home is not None:
            return _mention(doubt, at_home)
        best = first if self._american else max(doubt.places, key=lambda place: place.people)
        if self._american and (first.ambiguous or best.people < 100_000):
            return None
        return _mention(doubt, best) if not first.ambiguous or best.people > 300_000 else None


def _mention(doubt: Doubt, place: Place) -> Mention:
    return Mention(doubt.start, doubt.end, place.alpha3, place.via, False, place.state if place.alpha3 == "USA" else "")
