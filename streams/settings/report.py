"""Settings for people and logs: values in force, with secrets masked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from pydantic import SecretStr

from streams.settings.loading import Loaded
from streams.settings.model import Settings

MASK = "**********"
#: Settings that are no secrets, and may hold one among their words.
_MAY_HOLD_SECRETS = frozenset(("sasl_oauthbearer_token_command",))


class InForce(msgspec.Struct, frozen=True):
    """One setting: its value, where the value comes from, and the default; secrets are masked."""

    setting: str
    value: object
    source: str
    default: object


def in_force(loaded: Loaded) -> Iterator[InForce]:
    """Every setting, in the order of the documentation."""
    for name, field in Settings.model_fields.items():
        value, default = getattr(loaded.settings, name), field.get_default()
        yield InForce(name, _plain(name, value), loaded.source(name), _plain(name, default))


def changed(settings: Settings) -> str:
    """The settings that differ from their defaults, in one line: ``name=value, ...``."""
    found = ((name, getattr(settings, name), field.get_default()) for name, field in Settings.model_fields.items())
    return ", ".join(f"{name}={shown(_plain(name, value))}" for name, value, default in found if value != default)


def shown(value: object) -> str:
    """A value as one writes it in a settings file or on the command line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(name: str, value: object) -> object:
    if isinstance(value, SecretStr) or (name in _MAY_HOLD_SECRETS and value is not None):
        return MASK
    return str(value) if isinstance(value, Path) else value
