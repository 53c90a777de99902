"""Turns pydantic's errors into messages in the terms of the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from detectors.reading.problems import nearest, one_of, shown
from streams.settings.model import SECRETS, Settings

_BOUNDS = ("ge", "gt", "le")


def unknown_setting(name: str) -> str:
    """The message for an unknown setting."""
    names = list(Settings.model_fields)
    return f"unknown setting{nearest(name, names) or '; expected one of ' + ', '.join(names)}"


def wrong_value(name: str, error: Mapping[str, Any], secrets: frozenset[str]) -> str:
    """The message for a wrong value: what was expected, and what was found unless it is or contains a secret."""
    kind = error["type"]
    if kind == "value_error":
        said = str(error["ctx"]["error"])
        for secret in filter(None, secrets):
            said = said.replace(secret, "**********")
        return said
    found = error["input"]
    field = Settings.model_fields[name]
    hidden = name in SECRETS or any(secret and secret in str(found) for secret in secrets)
    options = _options(field)
    if options and isinstance(found, str) and not hidden:
        return one_of(found, options, name)
    expected = f"one of {', '.join(options)}" if options else _expected(field)
    return f"expected {expected}" + ("" if hidden else f", found {_found(found)}")


def _options(field: FieldInfo) -> tuple[str, ...]:
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def _found(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "a list"
    return "a mapping" if isinstance(value, dict) else shown(value)


def _expected(field: FieldInfo) -> str:
    kinds: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false"}
    if field.annotation not in kinds:
        return _text(field)
    what = kinds[field.annotation]
    bounds = {name: getattr(part, name) for part in field.metadata for name in _BOUNDS if hasattr(part, name)}
    if "le" in bounds:
        return f"{what} from {bounds['ge']} to {bounds['le']}"
    if "ge" in bounds:
        return f"{what}, at least {bounds['ge']}"
    return f"{what} above {bounds['gt']}" if "gt" in bounds else what


def _text(field: FieldInfo) -> str:
    if any(getattr(part, "pattern", None) for part in field.metadata):
        return "letters, digits and any of . _ -"
    if field.annotation == list[str]:
        return "host:port, comma-separated or as a list"
    return "a path" if "Path" in str(field.annotation) else "a text"
