"""A reference to a country in a text."""

from __future__ import annotations

from typing import NamedTuple

from detectors.model.article import Via


class Mention(NamedTuple):
    """A reference to a country, by clean offsets; ``state`` is the postal code of a place in the USA."""

    start: int
    end: int
    alpha3: str
    via: Via
    sure: bool
    state: str = ""
