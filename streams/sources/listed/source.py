"""One source of a file of sources: where it is, how it is asked, and what is known about its articles."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import msgspec

from detectors.user_error import UserError
from streams.sources.rss.fetch import MAX_BYTES, USER_AGENT
from streams.sources.rss.sites import without_credentials

INTERVAL = timedelta(minutes=15)
TIMEOUT = timedelta(seconds=60)


class SecretError(UserError):
    """A header's value whose variable is not set, or whose file cannot be read."""


class Secret(msgspec.Struct, frozen=True):
    """A header's value that is not in the file of sources: in an environment variable, or a file of its own."""

    env: str | None = None
    file: Path | None = None

    def value(self, environment: Mapping[str, str] = os.environ) -> str:
        """The value, read anew each time, so that it can be changed.

        Raises:
            SecretError: there is none.
        """
        if self.env is not None:
            if not (found := environment.get(self.env)):
                raise SecretError(f"environment variable {self.env} is not set")
            return found
        assert self.file is not None
        try:
            return self.file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(
                f"{self.file}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}"
            ) from None


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A source; durations as in rules.

    ``outlet``: the source of all its articles; None: its site, or what each entry names. ``home``: the state that the
    outlet is from, alpha-3, which articles get as ``meta.home``. ``private``: None is as the setting says.
    """

    name: str
    url: str
    outlet: str | None = None
    home: str | None = None
    language: str | None = None
    interval: timedelta = INTERVAL
    jitter: timedelta | None = None
    timeout: timedelta = TIMEOUT
    most_bytes: int = MAX_BYTES
    user_agent: str = USER_AGENT
    headers: dict[str, str | Secret] = {}
    robots: bool = True
    private: bool | None = None

    @property
    def shown(self) -> str:
        """The address as messages show it."""
        return without_credentials(self.url)

    def request_headers(self) -> dict[str, str]:
        """The headers of a request. Raises SecretError."""
        own = {name: value.value() if isinstance(value, Secret) else value for name, value in self.headers.items()}
        return {"User-Agent": self.user_agent} | own
