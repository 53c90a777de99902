"""Text to nodes from libyaml's events: fast, bounded, and able to see the anchors that a composer hides."""

from __future__ import annotations

import sys
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from detectors.reading.nodes import Mapping, Node, Scalar, Sequence
from detectors.reading.problems import Problems, TooManyProblems, Wrong, shown

DEEPEST = 40
SHORT = 64
LARGEST_FILE = 256 * 1024 * 1024
"""Largest rule file, in bytes; 100,000 rules of the usual size take about 40 MB."""


class _Place(Node):
    """A parser mark as a position in the file."""


def parse_yaml(text: str, file: str, problems: Problems) -> Node | None:
    """Parse the one document in ``text``; None if empty or unusable (then ``problems`` says why).

    Anchors, aliases, tags, duplicate keys, keys that are not words, a second document and nesting deeper than
    ``DEEPEST`` are problems. Nothing is ever expanded, so time and memory are linear in the text.
    """
    try:
        return _Parser(text, file, problems).document()
    except (Wrong, TooManyProblems):
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = " ".join(part for part in (error.context, error.problem) if part)
        if any(row.startswith("\t", column - 1) for row in text.split("\n", line)[line - 1 : line]):
            said = "a tab; indent with spaces"
        problems.error(_Place(file, line, column), "", f"not YAML: {said}")
    except yaml.reader.ReaderError as error:
        before = text.encode("utf-8", "replace")[: error.position].decode("utf-8", "replace")  # libyaml counts in bytes
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problems.error(_Place(file, line, column), "", f"not YAML: {error.reason} (U+{error.character:04X})")
    except (yaml.YAMLError, ValueError) as error:
        problems.error(_Place(file, 1, 1), "", f"not YAML: {' '.join(str(error).split())}")
    return None


class _Parser:
    def __init__(self, text: str, file: str, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self._events: Any = CParser(text)
        self._next = self._events.get_event
        self._line = 0

    def document(self) -> Node | None:
        self._next()  # stream start
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        root = self._node(self._next(), 1)
        self._next()  # document end
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            self._fail(event, "expected one document in a file, found a second one ('---')")
        empty = isinstance(root, Scalar) and root.value is None
        return None if empty else root

    def _fail(self, event: Any, message: str) -> None:
        mark = event.start_mark
        self._problems.error(_Place(self._file, mark.line + 1, mark.column + 1), "", message)
        raise Wrong

    def _node(self, event: Any, depth: int) -> Node:
        kind = type(event)
        if kind is yaml.AliasEvent:
            self._fail(event, f"aliases are not allowed (*{event.anchor}): use lists and macros")
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if line == self._line:  # hundreds of thousands of nodes: nodes on one line share its number ...
            line = self._line
        self._line = line
        if event.anchor is not None:
            self._fail(event, f"anchors are not allowed (&{event.anchor}): use lists and macros")
        if event.tag is not None and event.tag != "!":
            self._fail(event, f"tags are not allowed ({shown(event.tag)}): write the value itself")
        if kind is yaml.ScalarEvent:
            text: str = event.value
            if len(text) <= SHORT:  # ... and equal words share one string
                text = sys.intern(text)
            return Scalar(self._file, line, column, text, event.implicit[0] and not event.style)
        if depth > DEEPEST:
            self._fail(event, f"nested deeper than {DEEPEST} levels")
        if kind is yaml.SequenceStartEvent:
            return self._sequence(line, column, depth)
        return self._mapping(line, column, depth)

    def _sequence(self, line: int, column: int, depth: int) -> Sequence:
        items: list[Node] = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            items.append(self._node(event, depth + 1))
        return Sequence(self._file, line, column, items)

    def _mapping(self, line: int, column: int, depth: int) -> Mapping:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = self._node(event, depth + 1)
            value = self._node(self._next(), depth + 1)
            if not isinstance(key, Scalar):
                self._problems.error(key, "", f"expected a word as key, found {key.what}")
            elif key.text in pairs:
                first = pairs[key.text][0]
                self._problems.error(key, "", f"duplicate key {shown(key.text)}: already defined in line {first.line}")
            else:
                pairs[key.text] = (key, value)
        return Mapping(self._file, line, column, pairs)
