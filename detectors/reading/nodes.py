"""YAML as nodes with positions, and the scalars of YAML 1.2 (``no`` is a word)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import msgspec

_INT = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER_STARTS = frozenset("+-.0123456789")

ScalarValue = str | int | float | bool | None


class Node(msgspec.Struct, eq=False):
    """One value of a YAML file and its position; lines and columns count from 1. Nodes compare by identity."""

    what: ClassVar[str] = "a value"

    file: str
    line: int
    column: int


class Scalar(Node, eq=False, gc=False):
    """A word, number or text; ``plain`` means unquoted, and only plain scalars can be numbers or booleans."""

    text: str
    plain: bool

    @property
    def value(self) -> ScalarValue:
        """The value by the core schema of YAML 1.2."""
        text = self.text
        if not self.plain:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] in _NUMBER_STARTS:
            if _INT.fullmatch(text):
                return int(text, 8 if text[:2] == "0o" else 16) if text[:2] in {"0o", "0x"} else int(text)
            if _FLOAT.fullmatch(text):
                return float(text)
        return text

    @property
    def what(self) -> str:  # type: ignore[override]
        value = self.value
        if value is None:
            return "nothing"
        if isinstance(value, bool):
            return f"the boolean {self.text}"
        if isinstance(value, str):
            return f"the text {self.text[:40]!r}"
        return f"the number {self.text[:40]}"


class Sequence(Node, eq=False):
    """A list."""

    what: ClassVar[str] = "a list"

    items: list[Node]


class Mapping(Node, eq=False):
    """Keys and values; the parser has checked that keys are unique."""

    what: ClassVar[str] = "a mapping"

    pairs: dict[str, tuple[Scalar, Node]]

    def __contains__(self, key: str) -> bool:
        return key in self.pairs

    def get(self, key: str) -> Node | None:
        pair = self.pairs.get(key)
        return pair[1] if pair else None

    def items(self) -> Iterator[tuple[str, Scalar, Node]]:
        for key, (at, node) in self.pairs.items():
            yield key, at, node

    def merged(self, other: Mapping) -> Mapping:
        """This mapping with the pairs of ``other`` added; they replace pairs with the same key."""
        return Mapping(self.file, self.line, self.column, {**self.pairs, **other.pairs})


def plain(node: Node) -> object:
    """The node as plain values, for free-form keys (``info``) and for hashing."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key: plain(value) for key, _, value in node.items()}
    raise TypeError(type(node))
