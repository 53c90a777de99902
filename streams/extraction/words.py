"""Closed lists of words that code reads, from ``data/words.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import cast

import yaml

_DATA = Path(__file__).parent / "data"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The fastest safe loader there is; a date stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> object:
    """A YAML file. Raises OSError, yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a safe loader)


@cache
def _lists() -> dict[str, list[object]]:
    return cast("dict[str, list[object]]", read_yaml(_DATA / "words.yaml"))


def word_list(name: str) -> frozenset[str]:
    """The list of that name. Raises KeyError."""
    return frozenset(str(word) for word in _lists()[name])


@cache
def place_list(name: str) -> frozenset[str]:
    """A list of ``data/places.yaml``, folded. Raises KeyError."""
    notes = cast("dict[str, list[object]]", read_yaml(_DATA / "places.yaml"))
    return frozenset("".join(c if c.isalnum() else " " for c in str(word).lower()) for word in notes[name])
