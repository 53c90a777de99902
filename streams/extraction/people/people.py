"""One entry per person: merges candidates, known officials and later mentions of a surname; picks the best office."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from detectors.model.article import Official, Span
from streams.extraction.offices.candidates import Candidate, Reader
from streams.extraction.people.registry import KnownOffice, KnownPerson, Registry, common_spelling, slug
from streams.extraction.people.role_classes import Context
from streams.extraction.people.roles import Office, read_office
from streams.extraction.places.america import is_american
from streams.extraction.text.document import Document
from streams.extraction.text.folding import fold
from streams.extraction.text.lexicon import Hit, longest
from streams.extraction.text.names import HONORIFICS, PARTICLES, SUFFIXES, is_name_word, names_a_thing
from streams.extraction.text.spellings import WordIndex, same_person, skeleton, surname
from streams.extraction.text.words import word_groups, word_list

# Limits that no real article reaches, but an adversarial text does.
_MOST_HITS = 600  # mentions of known officials
_MOST_MENTIONS = 1000  # mentions of one person
_SHORTEST_VARIED = 5  # letters; shorter surnames have no spelling variants

_UNMISTAKABLE = frozenset({"head_of_state", "head_of_government", "foreign_minister", "igo"})
_POLITICAL = frozenset({"head_of_state", "head_of_government", "minister", "legislator", "party", "foreign_minister"})
_KNOWN_WEIGHT = 2
_THRONE = frozenset({"King", "Queen", "Pope", "Emperor", "Sultan", "Ayatollah", "Sheikh", "Prince"})
_HEADLINE_VERBS = word_list("officials.headline_verbs")
_DIED = {
    " ".join(fold(name).split()): int(year) for year, names in word_groups("officials.died").items() for name in names
}
_REMEMBERED = 30  # years
_VERSUS = frozenset({"v.", "vs.", "v", "vs"})
_WITH_INITIAL = re.compile(r"\b[A-Z][a-z]+ [A-Z]\. [A-Z][\w-]+")
_BEFORE = re.compile(r"([^\W\d_][\w.'’-]*)\s$")
_AFTER = re.compile(r" ([^\W\d_][\w'’-]*)")


@dataclass
class Person:
    """A person under construction; spans are clean offsets."""

    names: list[str]
    offices: list[tuple[Office, Candidate]] = field(default_factory=list)
    spans: set[tuple[int, int]] = field(default_factory=set)
    known: KnownPerson | None = None

    @property
    def name(self) -> str:
        """The fullest form of the name."""
        return max(self.names, key=lambda name: (len(name.split()), len(name)))

    @property
    def last(self) -> str:
        """The folded surname."""
        return surname(self.name)


class People:
    """Collects the people of one article."""

    def __init__(self, document: Document, reader: Reader, context: Context, registry: Registry) -> None:
        self.document = document
        self.clean = document.clean
        self.reader = reader
        self.context = context
        self.registry = registry
        self.people: list[Person] = []
        self._covered = bytearray(len(self.clean))  # characters that are part of a mention
        self._given: dict[str, set[str]] = {}

    def collect(self, candidates: list[Candidate]) -> tuple[Official, ...]:
        """The officials of the article, in order of first mention."""
        self._weigh_known()
        for candidate in sorted(candidates, key=lambda found: found.start):
            office = read_office(candidate, self.reader, self.context)
            if office is not None:
                name = " ".join(self.clean[candidate.start : candidate.end].split())
                person = self._person(name)
                person.offices.append((office, candidate))
                self._cover(person, candidate.start, candidate.end)
        self._add_known()
        self._add_mentions()
        found = [official for person in self.people if (official := self._official(person)) is not None]
        return tuple(
            sorted(found, key=lambda official: (official.mentions[0].in_ != "title", official.mentions[0].start))
        )

    def _weigh_known(self) -> None:
        """Count known officials as references to their states if titles name none: each counts as two mentions.

        Local news that names no state is American if its institutions are.
        """
        weights = Counter(self.context.weights)
        hits = islice(self._known_names, _MOST_HITS)
        named = {hit.value.name: hit.value for hit in hits if " " in self.document.folded[hit.start : hit.end]}
        if not weights and is_american(self.clean):
            weights["USA"] = 1
        for known in named.values():
            if known.offices and (country := known.offices[0].country) and (known.famous or country in weights):
                weights[country] += _KNOWN_WEIGHT
        self.context = self.context._replace(weights=weights)

    @cached_property
    def _known_names(self) -> list[Hit[KnownPerson]]:
        """Registry names in the text, overlaps included, with or without middle initials."""
        found = self.registry.names.hits(self.document.folded)
        for name in _WITH_INITIAL.finditer(self.clean):
            known = self.registry.by_name(name[0])
            if known is not None:
                found.append(Hit(name.start(), name.end(), known))
        return found

    def _person(self, name: str) -> Person:
        for person in self.people:
            if any(same_person(name, other) for other in person.names):
                if name not in person.names:
                    person.names.append(name)
                return person
        person = Person([name])
        self.people.append(person)
        return person

    def _add_known(self) -> None:
        clean = self.clean
        for hit in islice(longest(self._known_names), _MOST_HITS):
            surface = clean[hit.start : hit.end]
            written = surface[:1].isupper() or (" " in surface and self._lower)
            if not written or names_a_thing(clean, hit.end):
                continue
            if surface.lower() in self.reader.lexicon.title_words:  # "Sen." is a title and also Hun Sen's surname
                continue
            start = hit.start
            throne, _, rest = surface.partition(" ")
            if throne in _THRONE and rest:
                start, surface = hit.start + len(throne) + 1, rest
            full = start > hit.start or " " in surface
            before = _BEFORE.search(clean, max(0, start - 30), start)
            after = _AFTER.match(clean, hit.end)
            if not full:
                if before and before[1].lower() in _VERSUS:  # Roe v. Wade
                    continue
                if (
                    before
                    and not _ends_sentence(before.group(1))
                    and is_name_word(before.group(1))
                    and before.group(1).rstrip(".") not in HONORIFICS
                    and not self._titled(hit.start)
                ):
                    continue
                if after and is_name_word(after.group(1)) and after[1].lower() not in _HEADLINE_VERBS:
                    continue
                if self._namesake(surface, hit.value):
                    continue
            person = next((p for p in self.people if p.known is hit.value), None)
            person = person or self._around(hit.start, hit.end, surface)
            person = person or next((p for p in self.people if any(same_person(surface, n) for n in p.names)), None)
            if person is None and not full:
                person = next((p for p in self.people if self.registry.by_name(p.name) is hit.value), None)
            if person is None:
                person = Person([surface])
                self.people.append(person)
            elif surface not in person.names:
                person.names.append(surface)
            person.known = person.known or hit.value
            self._cover(person, start, hit.end)

    def _around(self, start: int, end: int, surface: str) -> Person | None:
        """The person whose name contains a known name; the full known name is the better: it ends where it should."""
        for person in self.people:
            for first, last in person.spans:
                if first <= start and end <= last and last - first > end - start:
                    if " " in surface and not any(same_person(surface, name) for name in person.names):
                        person.names = [surface]
                        person.spans.discard((first, last))
                    return person
        return None

    def _cover(self, person: Person, start: int, end: int) -> None:
        person.spans.add((start, end))
        self._covered[start:end] = b"\x01" * (end - start)

    def _namesake(self, last: str, known: KnownPerson) -> bool:
        """Whether the article has another full name with this surname ("Laura Bush")."""
        given = {word for name in (known.name, *known.aliases) for word in name.split()}
        before = self._given.get(last)
        if before is None:
            before = self._given[last] = self._given_names(last)
        return not before <= given

    def _given_names(self, last: str) -> set[str]:
        """The given names that occur before a surname."""
        found = set()
        for start, _ in self._text_index.at(last):
            word = _BEFORE.search(self.clean, max(0, start - 30), start)
            if (
                word
                and is_name_word(word[1])
                and word[1].rstrip(".") not in HONORIFICS
                and word[1].lower() not in self.reader.lexicon.title_words
                and not self._titled(start)
            ):
                found.add(word[1])
        return found

    def _titled(self, at: int) -> bool:
        """Whether the title of a person already read ends right before ``at``."""
        return bool({at - 1, at, at + 1} & self._candidate_starts)

    @cached_property
    def _candidate_starts(self) -> set[int]:
        return {candidate.start for person in self.people for _, candidate in person.offices}

    @cached_property
    def _lower(self) -> bool:
        """Whether the text is in lower case alone, names included."""
        sample = self.clean[self.document.body : self.document.body + 2000]
        return sum(map(str.isupper, sample)) * 500 < len(sample)

    @cached_property
    def _text_index(self) -> WordIndex:
        return WordIndex(self.clean)

    def _add_mentions(self) -> None:
        """Add later mentions: the full name, or the surname unless another given name precedes it."""
        clean = self.clean
        for person in self.people:
            lasts = {name.split()[-1] for name in person.names if name.split()[-1].rstrip(".") not in SUFFIXES} or {
                person.name.split()[0]
            }
            lasts |= {spelling for last in lasts for spelling in self._spellings(last)}
            for last in lasts:
                if len(last) < 2:
                    continue
                for at, end in self._text_index.at(last):
                    start = at
                    if len(person.spans) >= _MOST_MENTIONS:
                        break
                    if self._covered.find(0, start, end) < 0 or names_a_thing(clean, end):
                        continue
                    given = _BEFORE.search(clean, max(0, start - 30), start)
                    word = given.group(1) if given and not _ends_sentence(given.group(1)) else ""
                    if (
                        word
                        and (is_name_word(word) or word.lower() in PARTICLES)
                        and word.rstrip(".") not in HONORIFICS
                    ):
                        full = next((name for name in person.names if name.split()[0] == word and " " in name), None)
                        if full is None:
                            if word.lower().replace("’", "'") not in self.reader.lexicon.title_words and not _opens(
                                clean, start - len(word) - 1
                            ):
                                continue
                        else:
                            start = start - len(word) - 1
                    after = _AFTER.match(clean, end)
                    if (
                        after
                        and is_name_word(after.group(1))
                        and len(after.group(1)) > 2
                        and after.group(1).lower() not in self.reader.lexicon.title_words
                    ):
                        continue
                    self._cover(person, start, end)

    def _spellings(self, last: str) -> list[str]:
        """Other spellings of a surname in the article ("Rahmon", "Rakhmon")."""
        folded = "".join(fold(last).split())
        if len(folded) < _SHORTEST_VARIED:
            return []
        alike = self._text_index.sounding.get((last[0], skeleton(folded)), ())
        return [word for word in alike if word != last and abs(len(word) - len(last)) <= 2]

    def _official(self, person: Person) -> Official | None:
        if not person.spans or self._is_historical(person.name):
            return None
        mentions = tuple(self.document.span(start, end) for start, end in sorted(person.spans))
        office, candidate = self._best(person)
        known = person.known or self.registry.by_name(person.name)
        if known is not None and office is not None and self._outdated(known, office):
            office = None
        if known is None and office is not None and " " not in person.name:
            known = self.registry.by_surname(person.last, office.role_class, office.country, self.context.day)
        if office is None or candidate is None:
            return self._by_name_alone(person, known, mentions)
        if known is None:
            known = self.registry.by_spelling(person.name, office.role_class, office.country)
        country, role_class = self._of_registry(person, known, office)
        if known is None:
            identity = slug(common_spelling(person.name), country)
        else:
            identity = known.id or slug(known.name, known.offices[0].country if known.offices else country)
        return Official(
            id=identity,
            name=self.document.written(person.name),
            mentions=mentions,
            role=self.document.written(office.role),
            role_class=role_class,
            country=country,
            organisation=office.organisation and self.document.written(office.organisation),
            former=office.former or self._has_left(known, role_class),
            confidence=office.sure,
            evidence=(self.document.span(candidate.title_start, candidate.title_end),),
        )

    def _is_historical(self, name: str) -> bool:
        """Whether a person had been dead for thirty years on the article's day; today's if that is unknown."""
        died = _DIED.get(" ".join(fold(name).split()))
        return died is not None and (not self.context.day or int(self.context.day[:4]) > died + _REMEMBERED)

    def _outdated(self, known: KnownPerson, office: Office) -> bool:
        """Whether an article only recalls a candidacy of one who heads a state or government on its day."""
        day = self.context.day
        return office.role_class == "party" and any(
            held.role_class in {"head_of_state", "head_of_government"} and held.since and held.held_on(day)
            for held in known.offices
        )

    def _has_left(self, known: KnownPerson | None, role_class: str) -> bool:
        """Whether a known person held offices of this class, and all of them ended before the article's day."""
        day = self.context.day
        held = [office for office in known.offices if office.role_class == role_class] if known and day else []
        return bool(held) and all(office.until and office.begun_by(day) and not office.held_on(day) for office in held)

    def _by_name_alone(self, person: Person, known: KnownPerson | None, mentions: tuple[Span, ...]) -> Official | None:
        """A person in the registry whom the article names without an office."""
        if known is None or not known.offices or not self._is_topical(known):
            return None
        held = self._held(known)
        if held is None:
            return None
        return Official(
            id=known.id or slug(known.name, held.country),
            name=self.document.written(person.name),
            mentions=mentions,
            role=held.role,
            role_class=held.role_class,
            country=held.country,
            organisation=held.organisation,
            former=bool(self.context.day) and not held.held_on(self.context.day),
            confidence=0.8,
            evidence=mentions[:1],
        )

    @staticmethod
    def _of_registry(person: Person, known: KnownPerson | None, office: Office) -> tuple[str | None, str]:
        """The country and class of an office that the article names, from the registry if the person is known."""
        country = office.country
        if not office.placed and office.role_class != "igo":  # another of the person's titles may name the state
            country = next((other.country for other, _ in person.offices if other.placed and other.country), country)
        if known is None:
            return country, office.role_class
        held = next((held for held in known.offices if held.role_class == office.role_class), None)
        if (
            held is None
            and office.role_class == "local"
            and any(beside.head.label == "legislator" for _, beside in person.offices)
        ):  # "Sen. Bernie Sanders" in an article about governors
            held = next((held for held in known.offices if held.role_class == "legislator"), None)
        if held is None and office.role_class == "minister":
            held = next((held for held in known.offices if held.role_class == "official"), None)
        if held is not None:
            return held.country, held.role_class
        if not office.placed and office.role_class != "igo" and known.offices[0].country:
            country = known.offices[0].country
        return country, office.role_class

    def _held(self, known: KnownPerson) -> KnownOffice | None:
        """The office of a known person named without one: by the article's words, else by its date.

        None if the article is older than the person's first office.
        """
        offices = known.offices
        if day := self.context.day:
            held = [office for office in offices if office.held_on(day)]
            begun = [office for office in offices if office.begun_by(day)]
            if held or begun:
                offices = tuple(held) or (max(begun, key=lambda office: str(office.until)),)
            elif all(office.since for office in offices):
                return None
        named = {hit.value.label for hit in self.reader.titles}
        return next((office for office in offices if office.role_class in named), offices[0])

    def _is_topical(self, known: KnownPerson) -> bool:
        """Whether a full name without an office likely means the known person: less famous people have namesakes."""
        if known.famous or any(office.role_class in _UNMISTAKABLE for office in known.offices):
            return True
        named = {hit.value.label for hit in self.reader.titles}
        if any(office.role_class in named for office in known.offices):
            return True
        countries = {office.country for office in known.offices}
        return bool(named & _POLITICAL) and bool(countries & self.context.weights.keys())

    def _best(self, person: Person) -> tuple[Office, Candidate] | tuple[None, None]:
        """The office in which the person appears: one given with the name, surest first; a bare rank comes last."""
        if not person.offices:
            return None, None
        offices = person.offices
        if any(office.role_class == "local" and candidate.pattern == "party tag" for office, candidate in offices):
            for office, candidate in offices:  # "Sen. Rich Olive, D-Story City" sits in a state's senate
                if office.role_class == "legislator":
                    return office._replace(role_class="local"), candidate
        best, beside = max(offices, key=_preference)
        if best.role_class == "local" and beside.head.label == "legislator":
            for office, candidate in offices:  # "Majority Whip James Clyburn, D-S.C." sits in Congress
                if office.role_class == "legislator" and candidate.pattern == "party tag":
                    return best._replace(role_class="legislator"), beside
        return best, beside


def _preference(pair: tuple[Office, Candidate]) -> tuple[bool, bool, bool, bool, float, int]:
    office, candidate = pair
    return (
        office.role_class != "party",
        candidate.pattern != "party tag",
        not candidate.head.rank and office.role_class != "military",
        office.role_class == "spokesperson",
        round(office.sure, 1),
        -candidate.start,
    )


def _ends_sentence(word: str) -> bool:
    """Whether a word followed by a point ends a sentence, being neither an initial nor a title."""
    return word.endswith(".") and len(word) > 3 and word.rstrip(".") not in HONORIFICS


def _opens(clean: str, at: int) -> bool:
    """Whether a sentence or a line begins at ``at``."""
    return at <= 0 or clean[at - 1] == "\n" or clean[max(0, at - 2) : at].strip()[-1:] in {".", "!", "?", '"', "“", ":"}
