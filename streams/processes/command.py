"""The command lines of the `newswatch` processes that this program starts."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pydantic import BaseModel, SecretStr


def newswatch(command: str, settings: BaseModel, **changes: object) -> list[str]:
    """The command line that runs `newswatch COMMAND` in this Python with ``settings``, overridden by ``changes``.

    It has each setting that somebody gave, be it the default: the child's environment may say something else. Secrets
    are left out, for every user of the machine can read a command line: hand them on in the environment.
    """
    given = settings.model_dump(exclude_unset=True, exclude_none=True) | changes
    return [sys.executable, "-m", "streams.cli", command, *_flags(given)]


def _flags(given: dict[str, object]) -> Iterator[str]:
    for name, value in given.items():
        if isinstance(value, SecretStr):
            continue
        text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        yield from ("--set", f"{name}={text}")
