"""The closed word lists of the code, from ``data/words.yaml``."""

from __future__ import annotations

from functools import cache
from typing import cast

from streams.extraction.text.data_files import DATA, read_yaml


@cache
def _lists() -> dict[str, list[object]]:
    return cast("dict[str, list[object]]", read_yaml(DATA / "words.yaml"))


def word_groups(name: str) -> dict[str, tuple[str, ...]]:
    """The groups of a list of ``data/words.yaml``: a usual word and its variants. Raises KeyError."""
    groups = cast("dict[str, list[object]]", _lists()[name])
    return {str(usual): tuple(map(str, variants)) for usual, variants in groups.items()}


def word_list(name: str) -> frozenset[str]:
    """The word list with this name. Raises KeyError."""
    return frozenset(str(word) for word in _lists()[name])


@cache
def place_list(name: str) -> frozenset[str]:
    """A list of ``data/places.yaml``, folded. Raises KeyError."""
    notes = cast("dict[str, list[object]]", read_yaml(DATA / "places.yaml"))
    return frozenset("".join(c if c.isalnum() else " " for c in str(word).lower()) for word in notes[name])
