"""Known officials: people, spellings of their names, the offices they held and when. Extraction works without it."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import msgspec

from detectors.reading.problems import one_of, shown
from detectors.vocabulary import shipped_vocabulary
from streams.extraction.text.data_files import DATA, read_entries
from streams.extraction.text.folding import fold
from streams.extraction.text.lexicon import Lexicon
from streams.extraction.text.spellings import close_spellings, name_words, same_person, skeleton, surname
from streams.extraction.text.words import word_groups, word_list

_COMMON = word_list("registry.common")  # surnames too common to identify a person alone
_GIVEN_NAMES = {fold(variant): usual for usual, variants in word_groups("given_names").items() for variant in variants}
#: Endings of surnames in transliteration, and the usual one. Polish names keep their -ski.
_ENDINGS = (
    ("aev", "ayev"), ("aeva", "ayeva"), ("eev", "eyev"), ("eeva", "eyeva"), ("oev", "oyev"), ("oeva", "oyeva"),
    ("skiy", "sky"), ("skii", "sky"), ("skyi", "sky"), ("skyy", "sky"), ("skij", "sky"),
)  # fmt: skip
_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_INITIAL = re.compile(r"(?:[A-Z]\.?){1,2}")
REGISTRY = DATA / "officials.yaml"


class KnownOffice(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"role_class": "class", "since": "from", "until": "to"},
):
    """An office that a person held; ``since`` and ``until`` are years or dates, empty if open."""

    role: str
    role_class: str
    country: str | None = None
    organisation: str | None = None
    since: str | int = ""
    until: str | int = ""

    def __post_init__(self) -> None:
        classes = shipped_vocabulary().role_classes
        if self.role_class not in classes:
            raise ValueError(one_of(self.role_class, classes, "class"))
        for day in (self.since, self.until):
            if day and not _DAY.fullmatch(str(day)):
                raise ValueError(f"expected a year or a date such as 2020-01-31, found {shown(day)}")

    def held_on(self, day: str) -> bool:
        """Whether the office was held on a day (``YYYY-MM-DD``); a year as a bound includes the whole year."""
        return str(self.since) <= day and (not self.until or day[: len(str(self.until))] <= str(self.until))

    def begun_by(self, day: str) -> bool:
        """Whether the term of office had begun by a day."""
        return str(self.since) <= day


class KnownPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A known official. ``aliases``: other spellings of the full name; ``surnames``: words that identify them alone."""

    name: str
    id: str = ""
    aliases: tuple[str, ...] = ()
    surnames: tuple[str, ...] = ()
    famous: bool = False
    offices: tuple[KnownOffice, ...] = ()


def plain_name(name: str) -> str:
    """A name without middle initials: Antony Blinken for "Antony J. Blinken"; "J. D. Vance" stays."""
    first, *rest = name.split()
    if not rest or _INITIAL.fullmatch(first):
        return name
    return " ".join([first, *(word for word in rest[:-1] if not _INITIAL.fullmatch(word)), rest[-1]])


def slug(name: str, country: str | None) -> str:
    """The id of a person: the folded name, then the country served."""
    words = "-".join(fold(name).split())
    return f"{words}-{country.lower()}" if country else words


def common_spelling(name: str) -> str:
    """A name as most news spells it, for an id: no middle initials, Alexei for Aleksey, Sadyrbayev for Sadyrbaev."""
    words = [fold(word).strip() for word in plain_name(name).split()]
    given = [_GIVEN_NAMES.get(word, word) for word in words[:-1]]
    last = words[-1] if words else ""
    for ending, usual in _ENDINGS:
        if last.endswith(ending) and len(last) > len(ending) + 1:
            last = last.removesuffix(ending) + usual
            break
    return " ".join([*given, last])


class Registry:
    """People by full name, and by surname for those known by surname alone."""

    def __init__(self, people: tuple[KnownPerson, ...]) -> None:
        self.people = people
        self.names: Lexicon[KnownPerson] = Lexicon()
        self.surnames: dict[str, list[KnownPerson]] = {}
        self.full: dict[str, KnownPerson] = {}
        self._sounds: dict[tuple[str, str], list[tuple[str, KnownPerson]]] = {}
        for person in people:
            for name in (person.name, *person.aliases):
                if self.full.setdefault(" ".join(fold(name).split()), person) is person and " " in name:
                    self.names.add(name, person)
            for last in person.surnames or (person.name.split()[-1],):
                folded = " ".join(fold(last).split())
                self.surnames.setdefault(folded, []).append(person)
                if person.famous and folded not in _COMMON and person.offices[0].role_class != "legislator":
                    self.names.add(last, person)
            for alias in (person.name, *person.aliases):
                self._sounds.setdefault(_sound(alias), []).append((alias, person))
        self.names.close()
        self._heads = Counter(
            office.country for person in people for office in person.offices if office.role_class == "head_of_state"
        )

    def by_name(self, name: str) -> KnownPerson | None:
        """The person with this full name, with or without middle initials, or None."""
        return self.full.get(" ".join(fold(name).split())) or self.full.get(" ".join(fold(plain_name(name)).split()))

    def by_spelling(self, name: str, role_class: str, country: str | None) -> KnownPerson | None:
        """The person in an office whose name is spelled alike: Dmytro Kuleba for "Dmitry Kuleba"."""
        if " " not in name:
            return None
        for alias, person in self._sounds.get(_sound(name), ()):
            if " " in alias and same_person(name, alias) and close_spellings(*_given(name, alias)):
                for office in person.offices:
                    if office.role_class == role_class and office.country == country:
                        return person
        return None

    def of_surname(self, name: str) -> tuple[KnownPerson, ...]:
        """All people whose surname is the last word of ``name``."""
        words = fold(name).split()
        return tuple(self.surnames.get(words[-1], ())) if words else ()

    def heads_of_state(self, country: str) -> int:
        """The number of known heads of a state."""
        return self._heads[country]

    def by_surname(
        self, surname: str, role_class: str | None, country: str | None, day: str = ""
    ) -> KnownPerson | None:
        """The person with a surname, if office or country identifies one; of several, the one in office on ``day``."""
        people = self.surnames.get(" ".join(fold(surname).split()), ())
        fitting = [
            person
            for person in people
            if any(office.role_class == role_class and country in {office.country, None} for office in person.offices)
        ]
        if day and len(fitting) > 1:
            fitting = [
                person
                for person in fitting
                if any(office.role_class == role_class and office.held_on(day) for office in person.offices)
            ] or fitting
        if len(fitting) == 1:
            return fitting[0]
        return (
            max(fitting, key=lambda person: person.famous)
            if fitting and any(person.famous for person in fitting)
            else None
        )


def _sound(name: str) -> tuple[str, str]:
    last = surname(name)
    return last[:1], skeleton(last)


def _given(name: str, other: str) -> tuple[str, str]:
    return name_words(name)[0], name_words(other)[0]


@lru_cache(maxsize=4)
def load_registry(path: Path = REGISTRY) -> Registry:
    """Read a registry file (YAML). Raises DataFileError."""
    return Registry(tuple(read_entries(path, list[KnownPerson])))
