"""Readers: each turns a node into one typed value, reports problems, and provides its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence as SequenceABC
from datetime import timedelta
from typing import Any, Generic, TypeVar

from detectors.reading.context import Place
from detectors.reading.durations import PATTERN, parse_duration
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence, plain
from detectors.reading.problems import Wrong, one_of, shown, unknown_key

T = TypeVar("T")
JsonSchema = dict[str, Any]


class Reader(Generic[T]):
    """Reads one value."""

    def read(self, node: Node, place: Place) -> T:
        """The node's value. Raises Wrong after reporting all problems."""
        raise NotImplementedError

    def schema(self) -> JsonSchema:
        """The JSON Schema (draft-07) of the values that :meth:`read` accepts."""
        raise NotImplementedError


class Word(Reader[str]):
    """Any scalar, as the text in the file."""

    def __init__(self, what: str = "a text", pattern: str | None = None, longest: int = 10_000) -> None:
        self._what = what
        self._pattern = pattern
        self._longest = longest

    def read(self, node: Node, place: Place) -> str:
        if not isinstance(node, Scalar) or node.value is None:
            place.fail(node, f"expected {self._what}, found {node.what}")
        if self._pattern and not re.fullmatch(self._pattern, node.text):
            place.fail(node, f"expected {self._what}, found {shown(node.text)}")
        if len(node.text) > self._longest:
            place.fail(node, f"expected {self._what} of at most {self._longest} characters, found {len(node.text)}")
        return node.text

    def schema(self) -> JsonSchema:
        schema: JsonSchema = {"type": ["string", "number", "boolean"]}
        if self._pattern:
            schema["pattern"] = f"^(?:{self._pattern})$"  # applies to texts only; a name may look like a number
        return schema


class Choice(Reader[str]):
    """One of a closed set of words."""

    def __init__(self, options: SequenceABC[str], what: str) -> None:
        self._options = tuple(options)
        self._what = what

    def read(self, node: Node, place: Place) -> str:
        if not isinstance(node, Scalar):
            place.fail(node, f"expected one of {', '.join(self._options)}, found {node.what}")
        if node.text not in self._options:
            place.fail(node, one_of(node.text, self._options, self._what))
        return node.text

    def schema(self) -> JsonSchema:
        return {"enum": list(self._options)}


class Boolean(Reader[bool]):
    """``true`` or ``false``; ``yes`` and ``no`` are words in YAML 1.2."""

    def read(self, node: Node, place: Place) -> bool:
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, bool):
            place.fail(node, f"expected true or false, found {node.what}")
        return value

    def schema(self) -> JsonSchema:
        return {"type": "boolean"}


class Number(Reader[float]):
    """A finite number; ``whole`` allows integers only."""

    def __init__(
        self, *, least: float | None = None, above: float | None = None, most: float | None = None, whole: bool = False
    ) -> None:
        self._least = least
        self._most = most
        self._above = above
        self._whole = whole

    def read(self, node: Node, place: Place) -> float:
        value = node.value if isinstance(node, Scalar) else None
        what = self._what()
        if isinstance(value, bool) or not isinstance(value, int | float) or not -1e300 < value < 1e300:
            place.fail(node, f"expected {what}, found {node.what}")
        if self._whole and value != int(value):
            place.fail(node, f"expected {what}, found {node.what}")
        if (self._least is not None and value < self._least) or (self._above is not None and value <= self._above):
            place.fail(node, f"expected {what}, found {node.what}")
        if self._most is not None and value > self._most:
            place.fail(node, f"expected {what} and at most {self._most:g}, found {node.what}")
        return int(value) if self._whole else value

    def _what(self) -> str:
        what = "a whole number" if self._whole else "a number"
        if self._least is not None:
            return f"{what}, at least {self._least:g}"
        return f"{what} above {self._above:g}" if self._above is not None else what

    def schema(self) -> JsonSchema:
        schema: JsonSchema = {"type": "integer" if self._whole else "number"}
        if self._least is not None:
            schema["minimum"] = self._least
        if self._most is not None:
            schema["maximum"] = self._most
        if self._above is not None:
            schema["exclusiveMinimum"] = self._above
        return schema


class Duration(Reader[timedelta]):
    """A duration such as ``1d12h``; ``zero`` allows 0."""

    def __init__(self, *, zero: bool = False) -> None:
        self._zero = zero

    def read(self, node: Node, place: Place) -> timedelta:
        if not isinstance(node, Scalar):
            place.fail(node, f"expected a duration such as 90s, 15m, 6h, 1d12h or 2w, found {node.what}")
        if self._zero and node.text == "0":
            return timedelta()
        try:
            duration = parse_duration(node.text)
        except ValueError as error:
            place.fail(node, f"{error}, found {shown(node.text)}")
        if not duration and not self._zero:
            place.fail(node, f"expected a duration above 0, found {shown(node.text)}")
        return duration

    def schema(self) -> JsonSchema:
        written: JsonSchema = {"type": "string", "pattern": PATTERN, "minLength": 2}
        return {"anyOf": [written, {"enum": [0, "0"]}]} if self._zero else written


class ListOf(Reader[tuple[T, ...]]):
    """A list; ``one`` allows a single item without brackets."""

    def __init__(self, item: Reader[T], *, one: bool = False, least: int = 0, most: int = 100_000) -> None:
        self._item = item
        self._one = one
        self._least = least
        self._most = most

    def read(self, node: Node, place: Place) -> tuple[T, ...]:
        if not isinstance(node, Sequence):
            if self._one:
                return (self._item.read(node, place),)
            place.fail(node, f"expected a list, found {node.what}")
        if not self._least <= len(node.items) <= self._most:
            bound = f"at least {self._least}" if len(node.items) < self._least else f"at most {self._most}"
            place.fail(node, f"expected a list of {bound}, found {len(node.items)}")
        return tuple(_each(self._item.read, [(item, place.at(i)) for i, item in enumerate(node.items)]))

    def schema(self) -> JsonSchema:
        item = self._item.schema()
        listed: JsonSchema = {"type": "array", "items": item}
        if self._least:
            listed["minItems"] = self._least
        return {"anyOf": [item, listed]} if self._one else listed


class MapOf(Reader[dict[str, T]]):
    """A mapping with any keys."""

    def __init__(self, value: Reader[T]) -> None:
        self._value = value

    def read(self, node: Node, place: Place) -> dict[str, T]:
        if not isinstance(node, Mapping):
            place.fail(node, f"expected a mapping, found {node.what}")
        values = _each(self._value.read, [(value, place.at(key)) for key, _, value in node.items()])
        return dict(zip(node.pairs, values, strict=True))

    def schema(self) -> JsonSchema:
        return {"type": "object", "additionalProperties": self._value.schema()}


class Anything(Reader[Any]):
    """Any node, as plain values."""

    def read(self, node: Node, place: Place) -> Any:  # noqa: ARG002 - every node is valid
        return plain(node)

    def schema(self) -> JsonSchema:
        return {}


def _each(read: Callable[[Node, Place], T], nodes: list[tuple[Node, Place]]) -> list[T]:
    """Read all nodes, so that each reports its problems, before raising Wrong."""
    values = []
    wrong = False
    for node, place in nodes:
        try:
            values.append(read(node, place))
        except Wrong:
            wrong = True
    if wrong:
        raise Wrong
    return values


def read_keys(
    node: Mapping,
    place: Place,
    readers: dict[str, Reader[Any]],
    required: frozenset[str],
    unknown: Callable[[str, dict[str, Reader[Any]]], str] = unknown_key,
) -> dict[str, Any]:
    """The values of a mapping with known keys; ``unknown`` is the message for another.

    Raises:
        Wrong: after reporting all problems.
    """
    values: dict[str, Any] = {}
    wrong = False
    for key, at, value in node.items():
        reader = readers.get(key)
        if reader is None:
            place.error(at, unknown(key, readers))
            wrong = True
            continue
        try:
            values[key] = reader.read(value, place.at(key))
        except Wrong:
            wrong = True
    for key in sorted(required - node.pairs.keys()):
        place.error(node, f"the key {key!r} is missing")
        wrong = True
    if wrong:
        raise Wrong
    return values
