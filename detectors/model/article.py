"""The article as the detectors read it: what extraction found, with offsets into the original title and text.

The topic ``articles.enriched`` and ``newswatch extract --json`` use the same structure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Part = Literal["title", "text"]
Via = Literal["name", "demonym", "capital", "city", "region"]
Salience = Literal["main", "mentioned"]
EventStatus = Literal["happened", "planned", "possible", "cancelled", "denied"]
MetaValue = str | int | float | bool


class Span(msgspec.Struct, frozen=True):
    """A stretch of the original title or text; ``start`` and ``end`` are character offsets, end exclusive."""

    in_: Part = msgspec.field(name="in")
    start: int
    end: int
    text: str


class CountryMention(Span, frozen=True):
    """A span that refers to a country by its name, a demonym, its capital, or one of its cities or regions."""

    via: Via


class Country(msgspec.Struct, frozen=True):
    """A state or territory (ISO 3166-1 alpha-3, and XKX); a main subject of the article or only mentioned."""

    alpha3: str
    salience: Salience = "main"
    mentions: tuple[CountryMention, ...] = ()


class Official(msgspec.Struct, frozen=True):
    """A named person in public office; each article has one entry per person.

    ``role_class`` is one of the labels in :mod:`streams.extraction`; ``country`` is the alpha-3 code of the state that
    the person serves; ``organisation`` the body (UN, State Department); ``confidence`` is from 0 to 1.
    """

    id: str
    name: str
    mentions: tuple[Span, ...] = ()
    role: str | None = None
    role_class: str | None = None
    country: str | None = None
    organisation: str | None = None
    former: bool = False
    confidence: float = 1.0
    evidence: tuple[Span, ...] = ()


class Organisation(msgspec.Struct, frozen=True):
    """A state body, an international organisation or an armed group; ``aliases`` are its other known names."""

    name: str
    aliases: tuple[str, ...] = ()
    kind: Literal["state_body", "igo", "armed_group"] | None = None
    country: str | None = None
    mentions: tuple[Span, ...] = ()


class Theme(msgspec.Struct, frozen=True):
    """A taxonomy label that applies to the article, with a ``score`` from 0 to 1 and the spans that support it."""

    theme: str
    score: float = 1.0
    evidence: tuple[Span, ...] = ()


class Party(msgspec.Struct, frozen=True):
    """Who acts in an event, or whom it is directed at; each field as far as the article gives it.

    ``country`` is the alpha-3 code of the state; ``name`` a person or body; ``official`` the id of one of the article's
    officials, ``role_class`` (in JSON ``class``) and ``organisation`` those of that official.
    """

    country: str | None = None
    name: str | None = None
    official: str | None = None
    role_class: str | None = msgspec.field(name="class", default=None)
    organisation: str | None = None


class Event(msgspec.Struct, frozen=True):
    """Who did what to whom: one entry for each event, in however many sentences the article reports it.

    ``type`` is one of the event types in ``data/vocabulary.yaml``; ``background``: the article only recalls it;
    ``place`` is an alpha-3 code; ``confidence`` is from 0 to 1; ``trigger`` is the word that names the event, and
    ``evidence`` the mentions of its parties.
    """

    type: str
    status: EventStatus = "happened"
    background: bool = False
    actors: tuple[Party, ...] = ()
    targets: tuple[Party, ...] = ()
    place: str | None = None
    confidence: float = 1.0
    trigger: Span | None = None
    evidence: tuple[Span, ...] = ()


class Sentence(msgspec.Struct, frozen=True):
    """The bounds of one sentence; the title is a sentence of its own."""

    in_: Part = msgspec.field(name="in")
    start: int
    end: int


class EnrichedArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article with what was found in it.

    ``published_at`` is unchanged (possibly unreadable), ``received_at`` is the arrival, ``event_time`` the time that
    windows use (module ``event_time``). ``content_hash`` distinguishes two versions under one id. ``fingerprint`` is
    computed from the article alone and identifies copies of one story. ``extracted`` lists what was looked for in this
    language: ``countries``, ``officials``, ``organisations``, ``themes`` and ``events`` in English, only ``countries``
    in others.
    """

    id: str
    text: str
    title: str = ""
    url: str | None = None
    source: str | None = None
    language: str | None = None
    published_at: str | None = None
    received_at: datetime
    event_time: datetime
    meta: dict[str, MetaValue] = {}
    content_hash: str = ""
    fingerprint: str = ""
    countries: tuple[Country, ...] = ()
    officials: tuple[Official, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    themes: tuple[Theme, ...] = ()
    events: tuple[Event, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    extracted: tuple[str, ...] = ()
    version: int = 1
