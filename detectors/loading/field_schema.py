"""The JSON Schema of conditions on fields, events and parties, built from the table of fields."""

from __future__ import annotations

from typing import Any

from detectors.conditions.fields import EVENT, FIELDS, NUMERIC, PARTY, TEXTUAL, Attribute, Field, Form
from detectors.vocabulary import EVENT_STATUSES, event_types, shipped_vocabulary

JsonSchema = dict[str, Any]

_ANY_NUMBER: JsonSchema = {"type": ["number", "string"]}
_TEXTS: JsonSchema = {
    "anyOf": [{"$ref": "#/definitions/scalar"}, {"type": "array", "items": {"$ref": "#/definitions/scalar"}}]
}


def field_schema(field: Field) -> JsonSchema:
    """The schema of a condition on a field: a value, a list, or operators and keys of the same value."""
    operators = {key: described(schema, said) for key, (schema, said) in _operators(field.main).items()}
    if field.name == "official":
        operators["all"] = _items_of(operators["all"], f"field-{field.name}")
    inner = {name: _attribute(attribute) for name, attribute in field.attributes.items()}
    mapping = {"type": "object", "properties": {**operators, **inner}, "additionalProperties": False}
    return {"description": field.meaning, "anyOf": [*_values(field.main)["anyOf"], mapping]}


def _subject(field: Field, name: str) -> JsonSchema:
    """The schema of a condition on an event or a party, the definition ``name``: keys and combinators of one value."""
    schema = field_schema(field)
    mapping = schema["anyOf"][-1]["properties"]
    one: JsonSchema = {"$ref": f"#/definitions/{name}"}
    several = {"type": "array", "items": one}
    mapping |= {
        "all": {**several, "description": "each of these is met by a value of its own"},
        "any": {"anyOf": [*mapping["any"]["anyOf"], several], "description": "the same value meets one of these"},
        "none": {**several, "description": "the same value meets none of these"},
        "not": {**one, "description": "the same value does not meet this"},
    }
    return schema


def event_definitions() -> JsonSchema:
    """The definitions that conditions on events refer to."""
    return {
        f"field-{EVENT}": _subject(FIELDS[EVENT], f"field-{EVENT}"),
        "party": _subject(PARTY, "party"),
        "event-type": _words(list(event_types())),
        "event-status": _words([*EVENT_STATUSES, "any"]),
    }


def _items_of(schema: JsonSchema, name: str) -> JsonSchema:
    """Values, or conditions of the definition ``name``."""
    return {**schema, "anyOf": [*schema["anyOf"], {"type": "array", "items": {"$ref": f"#/definitions/{name}"}}]}


def _attribute(attribute: Attribute) -> JsonSchema:
    if attribute.form is Form.PARTY:
        return {"$ref": "#/definitions/party"}
    operators = {key: described(schema, said) for key, (schema, said) in _operators(attribute).items()}
    mapping = {"type": "object", "properties": operators, "additionalProperties": False}
    values = [*_values(attribute)["anyOf"], mapping]
    if attribute.name == "background":
        values.insert(0, {"const": "any"})
    return {"description": attribute.meaning, "anyOf": values}


def _values(attribute: Attribute) -> JsonSchema:
    """One value of an attribute or a list of values, with the known words for completion."""
    vocabulary = shipped_vocabulary()
    value: JsonSchema
    match attribute.form:
        case Form.THEME:
            value = {"type": "string", "examples": sorted(vocabulary.themes)}
        case Form.ROLE_CLASS:
            value = _words(sorted(vocabulary.role_classes))
        case Form.SALIENCE:
            value = _words(["main", "mentioned"])
        case Form.EVENT_TYPE:
            value = {"$ref": "#/definitions/event-type"}
        case Form.EVENT_STATUS:
            value = {"$ref": "#/definitions/event-status"}
        case Form.BOOLEAN:
            value = {"type": "boolean"}
        case Form.NUMBER:
            value = {"type": "number"}
        case _:
            value = {"$ref": "#/definitions/scalar"}
    return {"anyOf": [value, {"type": "array", "items": value}]}


def _words(known: list[str]) -> JsonSchema:
    """One of the words, ignoring case: JSON Schema patterns cannot ignore case, so any text with a capital passes."""
    return {"type": "string", "anyOf": [{"enum": known}, {"pattern": "[A-Z]"}]}


def _operators(attribute: Attribute) -> dict[str, tuple[JsonSchema, str]]:
    values = _values(attribute)
    found: dict[str, tuple[JsonSchema, str]] = {
        "is": (values, "the whole value"),
        "any": (values, "at least one of these values"),
        "all": (values, "all of these values; different values of the article may meet them"),
        "exists": ({"type": "boolean"}, "whether there is a value"),
        "macro": ({"type": "string"}, "what the macro of this name holds"),
    }
    if attribute.form in TEXTUAL:
        listed = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/definitions/scalar"}}]}
        found |= {
            "in": (listed, "an entry of the list of this name, or of these values"),
            "not_in": (listed, "no entry of the list of this name, nor of these values"),
            "contains": (_TEXTS, "part of the value"),
            "startswith": (_TEXTS, "how the value begins"),
            "endswith": (_TEXTS, "how the value ends"),
            "matches": (_TEXTS, "an RE2 pattern, found anywhere; case counts unless (?i)"),
            "cased": ({"type": "boolean"}, "whether case, accents, quotation marks and dashes count"),
        }
    if attribute.form in NUMERIC:
        found |= {name: (_ANY_NUMBER, said) for name, said in _COMPARISONS.items()}
    return found


_COMPARISONS = {"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most"}


def described(schema: JsonSchema, meaning: str) -> JsonSchema:
    """The schema with a description, which editors show; a reference has that of its definition."""
    return {**schema, "description": meaning} if meaning and "$ref" not in schema else schema
