"""msgspec's type errors, in the words of JSON and YAML."""

from __future__ import annotations

import re

import msgspec

_WORDS = {
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "array": "a list",
    "object": "a mapping",
}
_MISMATCH = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<found>[^`]+)`")
_MESSAGE = re.compile(r"(?P<said>.*?)(?: - at (?:`key` in )?`\$\.?(?P<path>.*)`)?", re.DOTALL)


class Mismatch(msgspec.Struct, frozen=True):
    """What was expected, and the field's path in msgspec's notation: ``offices[0].role``, ``terms[...]``."""

    said: str
    path: str


def mismatch(error: msgspec.ValidationError) -> Mismatch:
    """The parts of msgspec's message."""
    matched = _MESSAGE.fullmatch(str(error))
    assert matched is not None  # the pattern takes any text
    said, path = matched["said"], matched["path"] or ""
    types = _MISMATCH.fullmatch(said)
    if types is not None:
        expected = dict.fromkeys(_WORDS.get(kind, kind) for kind in types["expected"].split(" | "))
        said = f"expected {' or '.join(expected)}, found {_WORDS.get(types['found'], types['found'])}"
    return Mismatch(said, path)
