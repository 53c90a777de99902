"""Loads settings from flags, environment and file; errors name the source of a wrong value."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr, ValidationError

from streams.settings.errors import SettingsError
from streams.settings.messages import unknown_setting, wrong_value
from streams.settings.model import SECRETS, Settings
from streams.settings.sources import Given, from_environment, from_file, from_flags, misspelt

logger = logging.getLogger(__name__)


class Loaded(msgspec.Struct, frozen=True):
    """Settings, and for each that was given its source."""

    settings: Settings
    given: Mapping[str, Given]

    def source(self, name: str) -> str:
        """Where a setting's value comes from: a flag, a variable, file:line:column, or "default"."""
        found = self.given.get(name)
        return "default" if found is None else found.origin + found.line


def load_settings(config: Path | None = None, *, assigned: Collection[str] = (), **flags: Any) -> Settings:
    """Load settings; the arguments and errors are those of ``load``."""
    return load(config, assigned=assigned, **flags).settings


def load(config: Path | None = None, *, assigned: Collection[str] = (), **flags: Any) -> Loaded:
    """Load settings from flags (None: not given), environment, and the YAML file ``config``.

    ``assigned`` lists the flags that came from ``--set``, so that messages can name it.

    Raises:
        SettingsError: an unreadable file, an unknown name or an unusable value; the message lists all problems.
    """
    for warning in misspelt(os.environ):
        logger.warning("%s", warning)
    found: dict[str, Given] = {}
    written = from_file(config) if config is not None else ()
    passed = from_flags({name: value for name, value in flags.items() if value is not None}, assigned)
    for given in (*written, *from_environment(os.environ), *passed):  # later ones override earlier ones
        found[given.name] = given
    known = {name: one.value for name, one in found.items() if name in Settings.model_fields}
    wrong = [one.problem(unknown_setting(name)) for name, one in found.items() if name not in known]
    try:
        settings = Settings(**known)
    except ValidationError as error:
        secrets = frozenset(_plain(known[name]) for name in SECRETS if name in known)
        wrong += dict.fromkeys(line for item in error.errors() for line in _explained(item, found, secrets))
    if wrong:
        raise SettingsError("\n".join(wrong))
    for warning in settings.doubts():
        logger.warning("%s", warning)
    return Loaded(settings, found)


def _explained(error: Mapping[str, Any], found: dict[str, Given], secrets: frozenset[str]) -> Iterator[str]:
    if error["loc"]:
        name = str(error["loc"][0])
        yield found[name].problem(wrong_value(name, error, secrets))
        return
    message = str(error["ctx"]["error"])  # conflicting settings: name those that were given
    named = dict.fromkeys(word for word in re.findall(r"\w+", message) if word in found)
    places = ", ".join(found[name].origin + found[name].line for name in named)
    yield f"{places or 'settings'}: {message}"


def _plain(secret: object) -> str:
    return secret.get_secret_value() if isinstance(secret, SecretStr) else str(secret)
