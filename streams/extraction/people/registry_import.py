"""A registry of officials from CSV, such as an export of Wikidata's query service."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from detectors.reading.problems import nearest
from detectors.user_error import UserError
from streams.extraction.offices.office_terms import offices
from streams.extraction.people.registry import KnownOffice, KnownPerson
from streams.extraction.places.countries import find_mentions
from streams.extraction.text.document import Document
from streams.extraction.text.folding import fold
from streams.extraction.text.lexicon import longest

#: Accepted names for each column; the first one present is used.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "personlabel", "itemlabel", "officiallabel", "person"),
    "role": ("role", "officelabel", "positionlabel", "office", "position"),
    "country": ("country", "countrylabel", "jurisdictionlabel", "alpha3", "jurisdiction"),
    "class": ("class", "role_class"),
    "organisation": ("organisation", "organization", "organisationlabel"),
    "from": ("from", "start", "startdate", "start_time", "since"),
    "to": ("to", "end", "enddate", "end_time", "until"),
    "aliases": ("aliases", "altlabel", "personaltlabel", "itemaltlabel"),
    "id": ("id", "person", "item", "official"),
}
REQUIRED = ("name", "role")
CLASSES = (
    "head_of_state", "head_of_government", "foreign_minister", "defence_minister", "minister", "legislator", "diplomat",
    "spokesperson", "military", "security", "judiciary", "local", "igo", "party", "official",
)  # fmt: skip


class ImportProblemError(UserError):
    """A row that cannot be used; the message gives file, line, column and what was expected."""


def read_officials(file: Path) -> list[KnownPerson]:
    """The people in a CSV file with a header and one office per row; rows of the same person are merged.

    Raises:
        ImportProblemError: a required column is missing, or a value is invalid.
        OSError: the file cannot be read.
    """
    if file.is_char_device() or file.is_block_device():
        raise ImportProblemError(f"{file}: is a device; expected a CSV file")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        try:
            return _people(file, reader)
        except (csv.Error, UnicodeDecodeError) as error:
            raise ImportProblemError(f"{file}:{reader.line_num + 1}: {error}; expected CSV in UTF-8") from None


def _people(file: Path, reader: csv.DictReader[str]) -> list[KnownPerson]:
    columns = _columns(file, reader.fieldnames or ())
    people: dict[str, KnownPerson] = {}
    for row in reader:
        values = {name: (row.get(column) or "").strip() for name, column in columns.items()}
        if not values["name"]:
            continue
        office = _office(values, f"{file}:{reader.line_num}")
        key = values.get("id") or " ".join(fold(values["name"]).split())
        person = people.get(key) or _person(values)
        people[key] = msgspec.structs.replace(person, offices=(*person.offices, office))
    return list(people.values())


def merge(known: Iterable[KnownPerson], imported: Iterable[KnownPerson]) -> list[KnownPerson]:
    """Merge imported people into known ones: for a known name, the import replaces offices and adds spellings."""
    merged = {" ".join(fold(person.name).split()): person for person in known}
    for person in imported:
        key = " ".join(fold(person.name).split())
        before = merged.get(key)
        if before is not None:
            aliases = tuple(dict.fromkeys((*before.aliases, *person.aliases)))
            person = msgspec.structs.replace(person, aliases=aliases, surnames=before.surnames, famous=before.famous)  # noqa: PLW2901
        merged[key] = person
    return list(merged.values())


def write_registry(people: Iterable[KnownPerson], file: Path) -> None:
    """Write a registry (YAML) for the setting ``registry``. Raises OSError."""
    rows = [
        {name: value for name, value in msgspec.to_builtins(person).items() if value or name == "name"}
        for person in people
    ]
    head = b"# Officials; made by `newswatch officials import`. Use it with the setting `registry`.\n"
    file.write_bytes(head + msgspec.yaml.encode(rows))


def _columns(file: Path, header: Iterable[str]) -> dict[str, str]:
    folded = {column.strip().casefold(): column for column in header}
    found = {
        name: next(folded[choice] for choice in choices if choice in folded)
        for name, choices in COLUMNS.items()
        if any(choice in folded for choice in choices)
    }
    for name in REQUIRED:
        if name not in found:
            wanted = ", ".join(COLUMNS[name])
            raise ImportProblemError(
                f"{file}:1: column {name!r} is missing: expected one of {wanted}{nearest(name, folded)}"
            )
    return found


def _person(values: Mapping[str, str]) -> KnownPerson:
    separator = "|" if "|" in values.get("aliases", "") else ","
    aliases = (alias.strip() for alias in values.get("aliases", "").split(separator))
    identity = values.get("id", "").rpartition("/")[2]
    return KnownPerson(
        name=values["name"],
        id=identity if identity != values["name"] else "",
        aliases=tuple(alias for alias in aliases if alias and alias != values["name"]),
    )


def _office(values: Mapping[str, str], place: str) -> KnownOffice:
    role_class = values.get("class") or _class_of(values["role"])
    if role_class not in CLASSES:
        hint = nearest(role_class, CLASSES)
        raise ImportProblemError(f"{place}: class: expected one of {', '.join(CLASSES)}, found {role_class!r}{hint}")
    country = _country_of(values.get("country", ""), place) or _country_of(values["role"], None)
    return KnownOffice(
        role=values["role"],
        role_class=role_class,
        country=country,
        organisation=values.get("organisation") or None,
        since=values.get("from", "")[:10],
        until=values.get("to", "")[:10],
    )


def _class_of(role: str) -> str:
    hits = longest(offices().heads.hits(fold(role)))
    labels = [hit.value.label for hit in hits]
    return labels[0] if labels else "official"


def _country_of(text: str, place: str | None) -> str | None:
    """The alpha-3 code for a country's name or code; with ``place``, an unknown country is an error."""
    if not text:
        return None
    import pycountry

    if len(text) == 3 and (text.upper() == "XKX" or pycountry.countries.get(alpha_3=text.upper())):
        return text.upper()
    found: Iterator[str] = (mention.alpha3 for mention in find_mentions(Document("", text), "en"))
    code = next(found, None)
    if code is None and place is not None:
        hint = nearest(text, (country.name for country in pycountry.countries))
        raise ImportProblemError(f"{place}: country: expected a name or alpha-3 code, found {text!r}{hint}")
    return code
