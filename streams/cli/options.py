"""Options shared by commands, and settings made from them."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from detectors.model.event_time import parse_time
from streams.cli.log_options import log_flags
from streams.settings import SECRETS, Loaded, Settings, SettingsError, load

Brokers = Annotated[
    str | None,
    typer.Option(
        "--brokers",
        "-b",
        metavar="HOST:PORT,...",
        help="Kafka brokers. Default: NEWSWATCH_BROKERS, else 127.0.0.1:9092.",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", envvar="NEWSWATCH_CONFIG", help="Read settings from a YAML file."),
]
Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[PATH]...", help="Folders or files of watch rules; - is standard input. Default: as for --rules."
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set any setting by name, such as --set security_protocol=SASL_SSL. Repeatable.",
    ),
]
Rules = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        "-r",
        metavar="DIR",
        help="Folder of watch rules. Default: NEWSWATCH_RULES, else ./deploy/rules, else the shipped copy.",
    ),
]
RulePaths = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        "-r",
        metavar="PATH",
        help="Folder or file of watch rules; - is standard input. Repeatable. "
        "Default: NEWSWATCH_RULES, else ./deploy/rules, else the shipped copy.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON lines, for programs.")]


def time_from(option: str, text: str | None) -> datetime | None:
    """The time given by an option.

    Raises:
        SettingsError: the text is not an RFC 3339 time.
    """
    time = parse_time(text) if text else None
    if text and time is None:
        raise SettingsError(f"{option} {text}: expected an RFC 3339 time such as 2025-03-01T00:00:00Z")
    return time


def settings_from(config: Path | None, assignments: list[str] | None, **flags: Any) -> Settings:
    """Settings from a command's options; from now on, logs are as they say.

    Raises:
        SettingsError: an option is invalid.
    """
    return loaded_from(config, assignments, **flags).settings


def loaded_from(config: Path | None, assignments: list[str] | None, **flags: Any) -> Loaded:
    """As ``settings_from``, with the source of each setting."""
    logs = log_flags.get()
    flags |= {"log_level": logs.level, "log_format": logs.form}
    given: dict[str, Any] = {}
    for assignment in assignments or ():
        name, sign, value = assignment.partition("=")
        name = name.strip().replace("-", "_")
        if name.lower().removeprefix("kafka_").removeprefix("newswatch_") in SECRETS:
            raise SettingsError(
                f"--set {name}: other users can read a secret on a command line; set NEWSWATCH_{name.upper()} in the "
                f"environment, or {name}_file to a file with the secret"
            )
        if not sign:
            word = re.match(r"\w*", name)
            raise SettingsError(f"--set {word[0] if word else ''}: expected NAME=VALUE")
        given[name] = value
    assigned = given.keys() - {name for name, value in flags.items() if value is not None}
    given |= {name: value for name, value in flags.items() if value is not None}
    loaded = load(config, assigned=assigned, **given)
    if logs.start is not None:
        logs.start(loaded.settings.log_level, loaded.settings.log_format)
    return loaded
