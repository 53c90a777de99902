"""Where a news outlet is at home: by a list of domains and names, else by its top-level domain."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pycountry

from detectors.reading.problems import nearest
from streams.extraction.text.data_files import DATA, DataFileError, read_entries

OUTLETS = DATA / "outlets.yaml"
NOWHERE = "none"  # the key of outlets for the whole world
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]{0,20}:)?(?://)?(?:[^/@\s]{0,100}@)?([a-z0-9.-]{3,253})(?::\d+)?(?:[/?#]|$)")
_OF_THE_USA = frozenset({"gov", "mil", "edu"})
# Top-level domains of small states that sites of all countries use.
_SOLD = frozenset(
    {
        "ac", "ag", "ai", "as", "bz", "cc", "cd", "cf", "co", "cx", "dj", "fm", "ga", "gd",
        "gg", "gl", "gq", "gs", "im", "io", "la", "lc", "li", "me", "ml", "ms", "mu", "nu",
        "pn", "pw", "re", "sc", "sh", "so", "st", "su", "tc", "tf", "tk", "to", "tv", "vc",
        "vg", "ws",
    }
)  # fmt: skip


class Outlets:
    """Outlets by domain and by folded name."""

    def __init__(self, homes: dict[str, str]) -> None:
        self._homes = homes

    def home(self, source: str | None, url: str | None) -> str:
        """The alpha-3 code of the state where an outlet is at home; empty if that is unknown.

        ``source`` is the name or domain of the outlet, ``url`` the address of the article.
        """
        if source and (home := self._homes.get(source.strip().casefold())) is not None:
            return home
        return next((home for text in (url, source) if text and (home := self._of_host(text)) is not None), "")

    def _of_host(self, address: str) -> str | None:
        found = _HOST.match(address.strip().casefold())
        labels = found[1].strip(".").split(".") if found is not None else []
        if len(labels) < 2:
            return None
        for first in range(len(labels) - 1):
            if (home := self._homes.get(".".join(labels[first:]))) is not None:
                return home
        return _top_levels().get(labels[-1])


@lru_cache(maxsize=1)
def _top_levels() -> dict[str, str]:
    codes = {country.alpha_2.lower(): country.alpha_3 for country in pycountry.countries}
    codes |= {"uk": "GBR"} | dict.fromkeys(_OF_THE_USA, "USA")
    return {domain: alpha3 for domain, alpha3 in codes.items() if domain not in _SOLD}


@lru_cache(maxsize=4)
def load_outlets(own: Path | None = None) -> Outlets:
    """The shipped outlets, and those of a file of the user, which come first. Raises DataFileError."""
    homes: dict[str, str] = {}
    for path in (OUTLETS, *([own] if own is not None else [])):
        homes |= _homes(path)
    return Outlets(homes)


def _homes(path: Path) -> dict[str, str]:
    states = {country.alpha_3 for country in pycountry.countries} | {"XKX", NOWHERE}
    entries = read_entries(path, dict[str, list[str]])
    wrong = [state for state in entries if state not in states]
    if wrong:
        raise DataFileError(
            f"{path}: {state}: expected an ISO 3166-1 alpha-3 code, or `{NOWHERE}`{nearest(state.upper(), states)}"
            for state in wrong
        )
    return {
        outlet.casefold().removeprefix("www."): "" if state == NOWHERE else state
        for state, outlets in entries.items()
        for outlet in outlets
    }
