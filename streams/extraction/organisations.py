"""Organisations by gazetteer: international organisations, state bodies, armed groups; aliases are merged."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from detectors.model.article import Organisation, Span
from streams.extraction.text.data_files import DATA
from streams.extraction.text.document import Document
from streams.extraction.text.lexicon import Hit, Lexicon, longest

ORGANISATIONS = DATA / "organisations.yaml"


class KnownOrganisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation of the gazetteer; ``cased`` names match only in their exact spelling."""

    name: str
    aliases: tuple[str, ...] = ()
    cased: tuple[str, ...] = ()
    country: str | None = None


class Gazetteer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The gazetteer file: organisations by kind."""

    igo: tuple[KnownOrganisation, ...] = ()
    state_body: tuple[KnownOrganisation, ...] = ()
    armed_group: tuple[KnownOrganisation, ...] = ()


class _Name(msgspec.Struct, frozen=True):
    organisation: KnownOrganisation
    kind: Literal["state_body", "igo", "armed_group"]
    cased: str | None


@lru_cache(maxsize=2)
def load_organisations(path: Path = ORGANISATIONS) -> Lexicon[_Name]:
    """Read a gazetteer of organisations (YAML). Raises OSError, msgspec.ValidationError."""
    gazetteer = msgspec.yaml.decode(path.read_bytes(), type=Gazetteer)
    names: Lexicon[_Name] = Lexicon()
    kinds: tuple[tuple[Literal["state_body", "igo", "armed_group"], tuple[KnownOrganisation, ...]], ...] = (
        ("igo", gazetteer.igo),
        ("state_body", gazetteer.state_body),
        ("armed_group", gazetteer.armed_group),
    )
    for kind, organisations in kinds:
        for organisation in organisations:
            for name in (organisation.name, *organisation.aliases):
                names.add(name, _Name(organisation, kind, None))
            for name in organisation.cased:
                names.add(name, _Name(organisation, kind, name))
    names.close()
    return names


def organisation_names(path: Path = ORGANISATIONS) -> frozenset[str]:
    """Every name and alias of the gazetteer. Raises OSError, msgspec.ValidationError."""
    gazetteer = msgspec.yaml.decode(path.read_bytes(), type=Gazetteer)
    bodies = (*gazetteer.igo, *gazetteer.state_body, *gazetteer.armed_group)
    return frozenset(name for body in bodies for name in (body.name, *body.aliases, *body.cased))


def organisations(document: Document) -> tuple[Organisation, ...]:
    """The organisations of the article in order of first mention, one entry each, with known aliases."""
    found: dict[str, tuple[_Name, list[Span]]] = {}
    hits = [hit for hit in load_organisations().hits(document.folded) if _as_written(document, hit)]
    for hit in longest(hits):
        _, spans = found.setdefault(hit.value.organisation.name, (hit.value, []))
        spans.append(document.span(hit.start, _end(document.clean, hit)))
    return tuple(
        Organisation(
            name=name,
            aliases=tuple(alias for alias in (*known.organisation.aliases, *known.organisation.cased) if alias != name),
            kind=known.kind,
            country=known.organisation.country,
            mentions=tuple(spans),
        )
        for name, (known, spans) in found.items()
    )


def state_of(document: Document, start: int, end: int) -> str | None:
    """The state whose body is named between two clean offsets: USA for "a Pentagon spokesman"."""
    for hit in longest(load_organisations().hits(document.folded[start:end])):
        country = hit.value.organisation.country
        if country is not None and _as_written(document, Hit(hit.start + start, hit.end + start, hit.value)):
            return country
    return None


def _as_written(document: Document, hit: Hit[_Name]) -> bool:
    written = document.clean[hit.start : hit.end]
    if hit.value.cased is not None:
        return written == hit.value.cased
    return written[:1].isupper() or written[:1].isdigit() or written.startswith(("al ", "al-", "so-called"))


def _end(clean: str, hit: Hit[_Name]) -> int:
    """The end of the hit, including the final point of an abbreviation ("U.N.")."""
    return hit.end + (clean[hit.end : hit.end + 1] == "." and "." in clean[hit.start : hit.end])
