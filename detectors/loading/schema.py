"""The JSON Schema (draft-07) of a rule file, for editors; built from the tables that the rule reader uses."""

from __future__ import annotations

import msgspec

from detectors.conditions.fields import EVENT, FIELDS, Attribute, Field, Form
from detectors.loading.field_schema import JsonSchema, described, event_definitions, field_schema
from detectors.rules.kind import Kind, keys_of, kinds
from detectors.rules.rule import Rule

DRAFT = "http://json-schema.org/draft-07/schema#"
COMMENT = "Made by `newswatch rules schema`; do not edit."
_META = Field("meta.KEY", Attribute("meta.KEY", Form.SCALAR, "the value"), {}, "the value")
_REF: JsonSchema = {"$ref": "#/definitions/condition"}


def rule_schema() -> JsonSchema:
    """The schema of one file of rules: lists, macros, defaults, rules, overrides."""
    everything = {name: described(spec.key.reader.schema(), spec.key.meaning) for name, spec in keys_of(Rule).items()}
    for kind in kinds().values():
        for name, spec in keys_of(kind).items():
            everything.setdefault(name, described(spec.key.reader.schema(), spec.key.meaning))
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
            **{f"field-{name}": field_schema(field) for name, field in FIELDS.items() if name != EVENT},
            **event_definitions(),
            "field-meta": {**field_schema(_META), "description": "a key of the article's own `meta` object"},
            "list": {"anyOf": [{"type": "array", "items": {"$ref": "#/definitions/scalar"}}, _file_list(), _union()]},
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
    branches: list[JsonSchema] = []
    for name, keys in required.items():
        then: JsonSchema = {"required": keys} if keys else {}
        if one_of := kinds()[name].ONE_OF:
            then["anyOf"] = [{"required": [key]} for key in one_of]
        if then:
            branches.append({"if": _is_of(name), "then": then})
    return {"required": ["name", "kind"], "allOf": branches}


def _kind(name: str, kind: type[Kind]) -> JsonSchema:
    specs = {**keys_of(Rule), **keys_of(kind)}
    properties = {key: described(spec.key.reader.schema(), spec.key.meaning) for key, spec in specs.items()}
    properties["kind"] = {"const": name}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _override(everything: JsonSchema) -> JsonSchema:
    changed = {key: value for key, value in everything.items() if key not in {"name", "kind"}}
    added = {key: changed[key] for key in ("exceptions", "tags")}
    texts = {"type": "array", "items": {"type": "string"}}
    entries = {"type": "array", "items": {"$ref": "#/definitions/scalar"}, "description": "entries of lists"}
    added["entries"] = entries
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "lists": {**texts, "description": "names of lists to change, instead of rules"},
            "remove": {"type": "object", "properties": {"entries": entries}, "additionalProperties": False},
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


def _union() -> JsonSchema:
    names: JsonSchema = {"type": "array", "items": {"type": "string"}}
    values: JsonSchema = {"type": "array", "items": {"$ref": "#/definitions/scalar"}}
    return {
        "type": "object",
        "properties": {
            "lists": {
                "anyOf": [{"type": "string"}, names],
                "description": "names of lists, of which this is the union",
            },
            "add": {**values, "description": "entries besides"},
            "remove": {**values, "description": "entries of these lists to leave out"},
        },
        "required": ["lists"],
        "additionalProperties": False,
    }


def _file_list() -> JsonSchema:
    return {
        "type": "object",
        "properties": {"file": {"type": "string", "description": "below the folder; one entry a line"}},
        "required": ["file"],
        "additionalProperties": False,
    }
