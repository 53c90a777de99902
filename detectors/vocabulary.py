"""The closed vocabularies of conditions: themes, role classes, countries and their English names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import babel
import msgspec
import pycountry

from detectors.folding import fold_value
from detectors.model.article import EventStatus

SEVERITIES = ("info", "warning", "critical")
EVENT_STATUSES: tuple[str, ...] = get_args(EventStatus)


class EventType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A type of event; ``without`` is the side that its events never have."""

    without: Literal["actors", "targets"] | None = None


class _Shipped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    themes: tuple[str, ...]
    role_classes: tuple[str, ...]
    event_types: dict[str, EventType]
    event_status_words: dict[str, EventStatus]
    country_names: dict[str, tuple[str, ...]]


class Vocabulary(msgspec.Struct, frozen=True):
    """The words that rules are checked against; ``themes`` are those of the taxonomy in use.

    ``organisations`` are all names of the gazetteer; empty if unknown.
    """

    themes: frozenset[str]
    role_classes: frozenset[str]
    organisations: frozenset[str] = frozenset()


@cache
def _shipped() -> _Shipped:
    text = (Path(__file__).parent / "data" / "vocabulary.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=_Shipped)


@cache
def shipped_vocabulary() -> Vocabulary:
    """The themes and role classes of the shipped taxonomy."""
    return Vocabulary(frozenset(_shipped().themes), frozenset(_shipped().role_classes))


def event_types() -> Mapping[str, EventType]:
    """The types of events by name."""
    return _shipped().event_types


def status_meant(word: str) -> str | None:
    """The status of an event that a word means, if it is a known word for one."""
    return _shipped().event_status_words.get("_".join(fold_value(word).split()))


class _Names(msgspec.Struct, frozen=True):
    """Country codes by folded name, and the names as usually written."""

    codes: dict[str, str]
    written: frozenset[str]


@cache
def _names() -> _Names:
    names: dict[str, str] = {}
    written: set[str] = set()
    territories = babel.Locale("en").territories
    for country in pycountry.countries:
        own = {
            country.alpha_3,
            country.name,
            getattr(country, "common_name", ""),
            getattr(country, "official_name", ""),
        }
        own.add(territories.get(country.alpha_2, ""))
        for name in own:
            if name:
                written.add(name)
                names.setdefault(fold_value(name), country.alpha_3)
                names.setdefault(fold_value(name.replace("&", "and")), country.alpha_3)
    for country in pycountry.countries:
        names.setdefault(fold_value(country.alpha_2), country.alpha_3)
    for code, more in _shipped().country_names.items():
        for name in (code, *more):
            names[fold_value(name)] = code
            written.add(name)
    return _Names(names, frozenset(written))


def country_code(name: str) -> str | None:
    """The alpha-3 code for an alpha-3 or alpha-2 code or an English name, or None."""
    return _names().codes.get(fold_value(name))


@cache
def country_names() -> frozenset[str]:
    """All codes and English names that :func:`country_code` knows, as usually written."""
    return _names().written


@cache
def english_name(code: str) -> str:
    """The usual English name for a country code; the code itself if there is none."""
    if code == "XKX":
        return "Kosovo"
    country = pycountry.countries.get(alpha_3=code)
    if country is None:
        return code
    name: str = babel.Locale("en").territories.get(country.alpha_2) or country.name
    return name
