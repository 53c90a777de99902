"""The JSON Schema (draft-07) of a rule file, for editors; built from the tables that the rule reader uses."""

from __future__ import annotations

from typing import Any

import msgspec

from detectors.conditions.fields import FIELDS, NUMERIC, TEXTUAL, Attribute, Field, Form
from detectors.rules.kind import Kind, keys_of, kinds
from detectors.rules.rule import Rule
from detectors.vocabulary import shipped_vocabulary

JsonSchema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
COMMENT = "Made by `newswatch rules schema`; do not edit."
_ANY_NUMBER: JsonSchema = {"type": ["number", "string"]}
_META = Field("meta.KEY", Attribute("meta.KEY", Form.SCALAR, "the value"), {}, "the value")
_REF: JsonSchema = {"$ref": "#/definitions/condition"}
_TEXTS: JsonSchema = {
    "anyOf": [{"$ref": "#/definitions/scalar"}, {"type": "array", "items": {"$ref": "#/definitions/scalar"}}]
}


def rule_schema() -> JsonSchema:
    """The schema of one file of rules: lists, macros, defaults, rules, overrides."""
    everything = {name: _described(spec.key.reader.schema(), spec.key.meaning) for name, spec in keys_of(Rule).items()}
    for kind in kinds().values():
        for name, spec in keys_of(kind).items():
            everything.setdefault(name, _described(spec.key.reader.schema(), spec.key.meaning))
    return {
        "$schema": DRAFT,
        "$comment": COMMENT,
        "title": "Newswatch watch rules",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "lists": {"type": "object", "additionalProperties": {"$ref": "#/definitions/list"}},
            "macros": {"type": "object", "additionalProperties": {}},
            "defaults": _defaults(everything),
            "rules": {"type": "array", "items": {"$ref": "#/definitions/rule"}},
            "overrides": {"type": "array", "items": {"$ref": "#/definitions/override"}},
        },
        # the file's defaults may supply required keys
        "if": {"not": {"required": ["defaults"]}},
        "then": {"properties": {"rules": {"items": {"$ref": "#/definitions/complete-rule"}}}},
        "definitions": {
            "rule": _rule(),
            "complete-rule": _complete_rule(),
            **{f"kind-{name}": _kind(name, kind) for name, kind in kinds().items()},
            "override": _override(everything),
            "condition": _condition(),
            **{f"field-{name}": _field(field) for name, field in FIELDS.items()},
            "field-meta": {**_field(_META), "description": "a key of the article's own `meta` object"},
            "list": {"anyOf": [{"type": "array", "items": {"$ref": "#/definitions/scalar"}}, _file_list()]},
            "scalar": {"type": ["string", "number", "boolean"]},
        },
    }


def schema_text() -> str:
    """The schema as committed: indented, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(rule_schema()), indent=1).decode() + "\n"


def _rule() -> JsonSchema:
    branches = [{"if": _is_of(name), "then": {"$ref": f"#/definitions/kind-{name}"}} for name in kinds()]
    described = {name: (kind.__doc__ or name).split("\n")[0] for name, kind in kinds().items()}
    choice = {
        "enum": list(described),
        "description": "\n".join(f"{name}: {said}" for name, said in described.items()),
    }
    common = {
        name: {"description": spec.key.meaning} for name, spec in keys_of(Rule).items()
    }  # completions offered before the rule has a kind
    return {"type": "object", "required": ["name"], "properties": {**common, "kind": choice}, "allOf": branches}


def _defaults(everything: JsonSchema) -> JsonSchema:
    properties = {name: value for name, value in everything.items() if name != "name"} | {
        "kind": {"enum": list(kinds())}
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _is_of(kind: str) -> JsonSchema:
    return {"properties": {"kind": {"const": kind}}, "required": ["kind"]}


def _complete_rule() -> JsonSchema:
    required = {
        name: sorted(key for key, spec in keys_of(kind).items() if spec.required) for name, kind in kinds().items()
    }
    branches = [{"if": _is_of(name), "then": {"required": keys}} for name, keys in required.items() if keys]
    return {"required": ["name", "kind"], "allOf": branches}


def _kind(name: str, kind: type[Kind]) -> JsonSchema:
    specs = {**keys_of(Rule), **keys_of(kind)}
    properties = {key: _described(spec.key.reader.schema(), spec.key.meaning) for key, spec in specs.items()}
    properties["kind"] = {"const": name}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _override(everything: JsonSchema) -> JsonSchema:
    changed = {key: value for key, value in everything.items() if key not in {"name", "kind"}}
    added = {key: changed[key] for key in ("exceptions", "tags")}
    texts = {"type": "array", "items": {"type": "string"}}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "rules": {**texts, "description": "names of rules"},
            "tags": {**texts, "description": "rules with one of these tags"},
            "set": {"type": "object", "properties": changed, "additionalProperties": False},
            "add": {"type": "object", "properties": added, "additionalProperties": False},
        },
    }


def _condition() -> JsonSchema:
    several = {"type": "array", "items": _REF}
    properties: JsonSchema = {
        "all": {**several, "description": "all of these conditions"},
        "any": {**several, "description": "at least one of these conditions"},
        "none": {**several, "description": "none of these conditions"},
        "not": {**_REF, "description": "not this condition: no value of the article meets it"},
        "sentence": {**_REF, "description": "all of it within some one sentence"},
        "near": {**_REF, "description": "all of it within three consecutive sentences"},
        "macro": {"type": "string", "description": "what the macro of this name holds"},
        **{name: {"$ref": f"#/definitions/field-{name}"} for name in FIELDS},
    }
    return {
        "type": "object",
        "description": "all of its keys; some value of the article meets each",
        "properties": properties,
        "patternProperties": {"^meta\\..+": {"$ref": "#/definitions/field-meta"}},
        "additionalProperties": False,
    }


def _field(field: Field) -> JsonSchema:
    operators = {key: _described(schema, said) for key, (schema, said) in _operators(field.main).items()}
    inner = {name: _attribute(attribute) for name, attribute in field.attributes.items()}
    mapping = {"type": "object", "properties": {**operators, **inner}, "additionalProperties": False}
    return {"description": field.meaning, "anyOf": [*_values(field.main)["anyOf"], mapping]}


def _attribute(attribute: Attribute) -> JsonSchema:
    operators = {key: _described(schema, said) for key, (schema, said) in _operators(attribute).items()}
    mapping = {"type": "object", "properties": operators, "additionalProperties": False}
    return {"description": attribute.meaning, "anyOf": [*_values(attribute)["anyOf"], mapping]}


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


def _file_list() -> JsonSchema:
    return {
        "type": "object",
        "properties": {"file": {"type": "string", "description": "below the folder; one entry a line"}},
        "required": ["file"],
        "additionalProperties": False,
    }


def _described(schema: JsonSchema, meaning: str) -> JsonSchema:
    return {**schema, "description": meaning} if meaning and "$ref" not in schema else schema
