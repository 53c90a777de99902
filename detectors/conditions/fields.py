"""The fields of conditions: one table that reading, matching, explaining and the schema share."""

from __future__ import annotations

from enum import Enum

import msgspec


class Form(Enum):
    """How an attribute's values compare."""

    WORDS = "phrase of whole words"
    WHOLE = "whole value"
    COUNTRY = "country"
    LANGUAGE = "language"
    ORGANISATION = "organisation"
    THEME = "theme"
    ROLE_CLASS = "role class"
    SALIENCE = "salience"
    EVENT_TYPE = "event type"
    EVENT_STATUS = "event status"
    PARTY = "party"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"
    SCALAR = "text, number or boolean"


TEXTUAL = frozenset(Form) - {Form.NUMBER, Form.BOOLEAN, Form.DURATION}
NUMERIC = frozenset({Form.NUMBER, Form.DURATION, Form.SCALAR})


class Attribute(msgspec.Struct, frozen=True):
    """One key of a field's value; ``meaning`` is its description in the schema and in editors."""

    name: str
    form: Form
    meaning: str


class Field(msgspec.Struct, frozen=True):
    """A kind of value that an article has. ``main`` is the attribute that a plain value is compared with.

    ``local`` fields have mentions and are allowed under ``sentence`` and ``near``; ``text`` fields are searched.
    """

    name: str
    main: Attribute
    attributes: dict[str, Attribute]
    meaning: str
    local: bool = False
    text: bool = False


def _field(
    name: str, meaning: str, main: tuple[str, Form, str], *more: tuple[str, Form, str], local: bool = False
) -> Field:
    first = Attribute(*main)
    return Field(name, first, {key: Attribute(key, form, said) for key, form, said in more}, meaning, local)


_NAME = ("name", Form.WORDS, "any of the person's spellings, as a phrase of whole words")
EVENT = "event"
SIDES = ("actor", "target", "participant")
"""The sides of an event; a participant is an actor or a target."""

PARTY = _field(
    "party",
    "a state, a person, a body or an armed group that takes part in an event",
    ("party", Form.PARTY, "a country (alpha-3 or alpha-2 code, or English name), or a name as a phrase of whole words"),
    ("country", Form.COUNTRY, "its state: alpha-3 or alpha-2 code, or English name"),
    ("name", Form.WORDS, "any spelling of the person or body, as a phrase of whole words"),
    ("official", Form.WHOLE, "the official's id in the registry, or full name"),
    ("class", Form.ROLE_CLASS, "the class of the official's office"),
    ("organisation", Form.WHOLE, "the body that the official serves"),
)
"""The keys under ``actor``, ``target`` and ``participant`` of an event."""

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        _field(
            "official",
            "a named person in public office; former holders match unless `former: false`",
            _NAME,
            _NAME,
            ("id", Form.WHOLE, "the person's id in the registry"),
            ("role", Form.WORDS, "the office as the article gives it; `president` is in `vice president`"),
            ("class", Form.ROLE_CLASS, "the class of the office"),
            ("country", Form.COUNTRY, "the state served: alpha-3 or alpha-2 code, or English name"),
            ("organisation", Form.WHOLE, "the body served"),
            ("former", Form.BOOLEAN, "whether the person no longer holds the office"),
            ("confidence", Form.NUMBER, "from 0 to 1"),
            local=True,
        ),
        _field(
            "country",
            "a state or territory that the article refers to (not the one an official serves): "
            "alpha-3 or alpha-2 code, or English name",
            ("code", Form.COUNTRY, "alpha-3 or alpha-2 code, or English name"),
            ("salience", Form.SALIENCE, "main to the article, or only mentioned"),
            local=True,
        ),
        _field(
            "theme",
            "a label of the taxonomy that the article is about; for no label write `theme: {exists: false}`",
            ("label", Form.THEME, "the label"),
            ("score", Form.NUMBER, "from 0 to 1"),
            local=True,
        ),
        _field(
            "organisation",
            "a body of a state, an international organisation or an armed group",
            ("name", Form.ORGANISATION, "its name or any alias"),
            local=True,
        ),
        _field(
            EVENT,
            "who did what to whom; one event that the article reports as news, and that happened, unless `status` or "
            "`background` say otherwise",
            ("type", Form.EVENT_TYPE, "the type of the event"),
            ("type", Form.EVENT_TYPE, "the type of the event"),
            ("status", Form.EVENT_STATUS, "happened (default), planned, possible, cancelled, denied, or `any`"),
            ("background", Form.BOOLEAN, "false (default), true for events that the article only recalls, or `any`"),
            ("actor", Form.PARTY, "who acts: a country, a name, or the keys of one party"),
            ("target", Form.PARTY, "whom the act is directed at: a country, a name, or the keys of one party"),
            ("participant", Form.PARTY, "an actor or a target: a country, a name, or the keys of one party"),
            ("place", Form.COUNTRY, "where it happens: alpha-3 or alpha-2 code, or English name"),
            ("confidence", Form.NUMBER, "from 0 to 1"),
            local=True,
        ),
        Field("text", Attribute("text", Form.WORDS, "title and body"), {}, "title and body", local=True, text=True),
        Field("title", Attribute("title", Form.WORDS, "the title"), {}, "the title", text=True),
        Field("lead", Attribute("lead", Form.WORDS, "the lead"), {}, "title and first three sentences", text=True),
        _field("source", "the article's outlet", ("source", Form.WHOLE, "the outlet")),
        _field("language", "the language of the text", ("language", Form.LANGUAGE, "ISO 639-1 code, or English name")),
        _field("id", "the article's id", ("id", Form.WHOLE, "the id")),
        _field("url", "the article's address", ("url", Form.WHOLE, "the address")),
        _field("age", "arrival time minus `published_at`", ("age", Form.DURATION, "a duration")),
    )
}
EXTRACTED = {
    "country": "countries",
    "official": "officials",
    "organisation": "organisations",
    "theme": "themes",
    EVENT: "events",
}
"""The fields whose values are looked for in some languages only, by their name in ``extracted`` of a record."""
META = "meta."


def field_named(name: str) -> Field | None:
    """The field for a key of a condition, or None; ``meta.KEY`` is a field for every KEY."""
    if name.startswith(META) and len(name) > len(META):
        meaning = f"`{name[len(META) :]}` of the article's own `meta` object"
        return Field(name, Attribute(name, Form.SCALAR, meaning), {}, meaning)
    return FIELDS.get(name)
